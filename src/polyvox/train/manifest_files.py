"""The rows of a manifest as text, whatever the kind of its file."""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import TextIO

from polyvox.errors import PolyvoxError

NAME = "manifest"
_MOST_LINES = 20
"""So many lines a quoted text may have in TSV."""
_DATASET_MARKS = ("dataset_dict.json", "dataset_info.json")


class ManifestError(PolyvoxError):
    """A manifest cannot be used; the message names the file and the row or column."""


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One row, all its values as text, and where it stands in words, such as "line 3"."""

    where: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ManifestRows:
    """The names of the columns and the rows, which are read as they are asked for."""

    path: Path
    columns: Sequence[str]
    rows: Iterator[ManifestRow]

    def named(
        self, known: Sequence[str], renamed: Mapping[str, str], needed: Sequence[str]
    ) -> dict[str, str]:
        """Our name of a column to the file's, for those that are there.

        Args:
            known: our names.
            renamed: our name to the file's, where the two differ.
            needed: our names of the columns that have to be there.

        Raises:
            ManifestError: a column is missing; the message has those there are and the nearest.
        """
        for ours in renamed:
            if ours not in known:
                raise ManifestError(f"no column is called {ours!r} here; rename one of: {', '.join(known)}")
        for ours in dict.fromkeys([*renamed, *needed]):
            theirs = renamed.get(ours, ours)
            if theirs not in self.columns:
                near = get_close_matches(theirs, self.columns, 1, 0.5)
                hint = f"; the nearest is {near[0]!r}" if near else ""
                raise ManifestError(
                    f"{self.path}: the column {theirs!r} is missing{hint}; "
                    f"there are: {', '.join(self.columns)}; needed: {', '.join(needed)}"
                )
        names = {ours: renamed.get(ours, ours) for ours in known}
        return {ours: theirs for ours, theirs in names.items() if theirs in self.columns}


def manifest_rows(path: Path) -> ManifestRows:
    """Open a manifest of any known kind.

    Raises:
        ManifestError: no such file, an unknown kind, or not readable as the kind that its name says.
        MissingExtraError: a dataset folder without the extra `train`.
    """
    if not path.exists():
        raise ManifestError(f"{path}: no such manifest")
    if path.is_dir():
        return _folder(path)
    if path.suffix not in KINDS:
        raise ManifestError(f"{path}: not a kind of manifest; there are: {', '.join(KINDS)}, or a folder")
    return KINDS[path.suffix](path)


def _folder(path: Path) -> ManifestRows:
    if any((path / mark).is_file() for mark in _DATASET_MARKS):
        return _saved_dataset(path)
    held = sorted(file for file in path.glob(f"{NAME}.*") if file.suffix in KINDS)
    if len(held) != 1:
        found = ", ".join(file.name for file in held) or "none"
        raise ManifestError(f"{path}: expected one {NAME}.tsv, .csv, .jsonl or .parquet in it, found {found}")
    return KINDS[held[0].suffix](held[0])


@contextmanager
def _reading(path: Path) -> Iterator[TextIO]:
    try:
        with path.open(encoding="utf-8-sig", newline=None) as file:
            yield file
    except UnicodeDecodeError as error:
        raise ManifestError(
            f"{path}: not UTF-8 ({error.reason} at byte {error.start}); convert it"
        ) from error


def _tsv(path: Path) -> ManifestRows:
    records = _tsv_records(path)
    header = next(records, None)
    if header is None:
        raise ManifestError(f"{path}: the manifest is empty")
    columns = header[1]
    return ManifestRows(path, columns, (_row(number, columns, cells) for number, cells in records))


def _tsv_records(path: Path) -> Iterator[tuple[int, list[str]]]:
    width, number = 0, 1
    with _reading(path) as file:
        ahead = deque(islice(file, _MOST_LINES))
        while ahead:
            cells, used = _record(ahead, width)
            width = width or len(cells)
            if any(cells):
                yield number, cells
            number += used
            for _ in range(used):
                ahead.popleft()
            ahead.extend(islice(file, used))


def _record(ahead: Sequence[str], width: int) -> tuple[list[str], int]:
    """The next row and its number of lines.

    Quoted text may break lines; a quote that nothing closes, as Common Voice has them, is a character.
    """
    for used in range(1, len(ahead) + 1):
        try:
            cells = next(csv.reader(islice(ahead, used), delimiter="\t", strict=True))
        except csv.Error:
            continue
        if used == 1 or len(cells) == width:
            return cells, used
    return ahead[0].rstrip("\n").split("\t"), 1


def _row(number: int, columns: Sequence[str], cells: Sequence[str]) -> ManifestRow:
    return ManifestRow(f"line {number}", dict(zip(columns, cells, strict=False)))


def _csv(path: Path) -> ManifestRows:
    with _reading(path) as file:
        columns = next(csv.reader(file), None)
    if not columns:
        raise ManifestError(f"{path}: the manifest is empty")
    return ManifestRows(path, columns, _csv_rows(path, columns))


def _csv_rows(path: Path, columns: Sequence[str]) -> Iterator[ManifestRow]:
    with _reading(path) as file:
        reader = csv.reader(file)
        try:
            next(reader)
            for cells in reader:
                if cells:
                    yield _row(reader.line_num, columns, cells)
        except csv.Error as error:
            raise ManifestError(f"{path}, line {reader.line_num}: {error}") from error


def _jsonl(path: Path) -> ManifestRows:
    columns: dict[str, None] = {}
    for _, row in _objects(path):
        columns.update(dict.fromkeys(row))
    if not columns:
        raise ManifestError(f"{path}: the manifest is empty")
    rows = (ManifestRow(where, {name: _text(row[name]) for name in row}) for where, row in _objects(path))
    return ManifestRows(path, list(columns), rows)


def _objects(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    with _reading(path) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise ManifestError(f"{path}, line {number}: not JSON ({error.msg})") from error
            if not isinstance(row, dict):
                raise ManifestError(f"{path}, line {number}: not a JSON object; a line is a row")
            yield f"line {number}", row


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _parquet(path: Path) -> ManifestRows:
    from polyvox.train.manifest_datasets import parquet_rows

    return parquet_rows(path)


def _saved_dataset(path: Path) -> ManifestRows:
    from polyvox.train.manifest_datasets import saved_dataset_rows

    return saved_dataset_rows(path)


KINDS: Mapping[str, Callable[[Path], ManifestRows]] = {
    ".tsv": _tsv,
    ".csv": _csv,
    ".jsonl": _jsonl,
    ".parquet": _parquet,
}
"""How each kind of file is read, by the end of its name."""
