"""Files of rows, whatever their format: one mapping a row, from TSV, JSON, Parquet, saved data sets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from polyvox.errors import MissingExtraError
from polyvox.evaluate.declaration import Task
from polyvox.evaluate.problem import TaskError
from polyvox.evaluate.readers.lines import json_document, json_lines, table, text_lines

Row = Mapping[str, Any]
_LANGUAGE = "{language}"
_COMPRESSED = frozenset({".gz", ".xz", ".bz2"})


def rows(path: Path, header: Sequence[str] = (), *, quoted: bool = False) -> Iterator[Row]:
    """The rows of a file or of a folder that `datasets.save_to_disk` wrote.

    Args:
        path: .tsv, .csv (tab-separated too), .jsonl, .json (a list), .parquet; any other file gives its
            lines as `{"text": line, "line": number}`.
        header: the columns of a tab-separated file that has no header line.
        quoted: whether fields of a tab-separated file may stand in double quotes.

    Raises:
        TaskError: the file is damaged.
    """
    if path.is_dir():
        yield from _saved(path)
        return
    suffix = Path(path.stem).suffix if path.suffix in _COMPRESSED else path.suffix
    if header:
        yield from _headless(path, header)
    elif suffix in {".tsv", ".csv"}:
        yield from table(path, quoted=quoted)
    else:
        yield from _FORMATS.get(suffix, _lines)(path)


def files(task: Task, folder: Path, pattern: str) -> list[tuple[str, Path]]:
    """The files that match a pattern such as `{language}/test.tsv`, each with the tag that stands there.

    The tag is empty where the pattern names no language. `*` matches within a name.

    Raises:
        TaskError: none matches.
    """
    if folder.is_file():
        return [("", folder)]
    wanted = re.compile(
        re.escape(pattern).replace(re.escape(_LANGUAGE), "(?P<language>[^/]+?)", 1).replace(r"\*", "[^/]*")
    )
    found = []
    for path in sorted(folder.glob(pattern.replace(_LANGUAGE, "*"))):
        match = wanted.fullmatch(path.relative_to(folder).as_posix())
        if match:
            found.append((match.groupdict().get("language", ""), path))
    if not found:
        raise TaskError(f"task {task.name}: {folder} has no {pattern}; is it unpacked as its source has it?")
    return found


def value(row: Row, column: str) -> Any:  # noqa: ANN401 - whatever the column holds
    """The value of a column, or of a path into it such as `transcript.size`; None where there is none.

    A text that holds JSON is opened by the path.
    """
    import json

    found: Any = row
    for name in column.split("."):
        if isinstance(found, str):
            try:
                found = json.loads(found)
            except ValueError:
                return None
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found


def needed(task: Task, path: Path, number: int, row: Row, column: str) -> Any:  # noqa: ANN401
    """The value of a column that every row must fill.

    Raises:
        TaskError: the row lacks it.
    """
    found = value(row, column)
    if found is None or found == "":
        there = ", ".join(row)
        raise TaskError(f"task {task.name}: {path}, row {number} has no {column!r}; it has: {there}")
    return found


def _lines(path: Path) -> Iterator[Row]:
    for number, line in enumerate(text_lines(path), 1):
        yield {"text": line, "line": number}


def _headless(path: Path, header: Sequence[str]) -> Iterator[Row]:
    for number, line in enumerate(text_lines(path), 1):
        parts = line.split("\t") if "\t" in line else line.split()
        if len(parts) < len(header):
            raise TaskError(f"{path}, line {number}: has {len(parts)} of {len(header)} columns")
        yield dict(zip(header, parts, strict=False))


def _parquet(path: Path) -> Iterator[Row]:
    try:
        file = pq.ParquetFile(path)
        for batch in file.iter_batches(1_024):
            yield from batch.to_pylist()
    except (OSError, ValueError) as error:
        raise TaskError(f"{path}: is not a readable Parquet file ({error})") from error


def _json(path: Path) -> Iterator[Row]:
    found = json_document(path)
    if not isinstance(found, list):
        raise TaskError(f"{path}: holds no list of rows")
    yield from found


def _saved(path: Path) -> Iterator[Row]:
    try:
        from datasets import Audio, load_from_disk
    except ImportError as error:
        raise MissingExtraError("train", f"reading the saved data set {path}") from error
    found = load_from_disk(str(path))
    for name, feature in found.features.items():
        if isinstance(feature, Audio):
            # Decoding is ours: it needs no further packages.
            found = found.cast_column(name, Audio(decode=False))
    yield from found


_FORMATS: Mapping[str, Callable[[Path], Iterator[Row]]] = {
    ".jsonl": json_lines,
    ".json": _json,
    ".parquet": _parquet,
}
