"""The table of recordings: one row a recording, from TSV, CSV, JSON lines or a Hugging Face dataset."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from polyvox.train.manifest_files import ManifestError, ManifestRow, manifest_rows


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording and what is known of it; what is unknown is empty, or 0 for `seconds`.

    `path` is relative to the folder of the manifest; `speaker` tells voices apart.
    """

    path: str
    language: str
    key: str = ""
    split: str = ""
    transcript: str = ""
    translation_language: str = ""
    translation: str = ""
    seconds: float = 0.0
    speaker: str = ""


COLUMNS = tuple(field.name for field in fields(Recording))
Report = Callable[[str], None]
__all__ = [
    "COLUMNS",
    "ManifestError",
    "Recording",
    "each_recording",
    "manifest_folder",
    "read_manifest",
    "write_manifest",
]


def read_manifest(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    language: str = "",
    needs: Collection[str] = (),
    check_files: bool = False,
    allow_outside: bool = False,
    report: Report | None = None,
) -> list[Recording]:
    """Read a manifest.

    Paths stay as the manifest has them: join them to `manifest_folder(path)`. Columns that `Recording` does
    not know are left alone; only `path` and `language` have to be there.

    Args:
        path: a .tsv, .csv, .jsonl or .parquet file, a folder that `datasets.save_to_disk` wrote, or a folder
            that holds one `manifest.*`. Recordings inside a dataset are unpacked beside it, into
            `<name>.audio/`, once.
        columns: our name of a column to the manifest's name of it, such as `{"transcript": "sentence"}`.
        language: the tag of rows that have none; the column may then be absent.
        needs: columns that every row must fill besides `path`, such as `transcript`.
        check_files: a row whose file does not exist counts as unusable.
        allow_outside: recordings may lie outside the manifest's folder.
        report: told of each row that cannot be used; the row is left out. Without it such a row is an error.

    Raises:
        ManifestError: no such file, a kind of file that is not known, a column is missing (the message has
            those there are, those needed and the nearest), or an unusable row without `report`.
        MissingExtraError: a Hugging Face dataset without the extra `train`.
    """
    given = _Given(columns or {}, language, frozenset(needs), check_files, allow_outside)
    return list(_recordings(path, given, report))


def each_recording(
    path: Path, columns: Mapping[str, str], language: str, report: Report
) -> Iterator[Recording]:
    """What `read_manifest` reads, one at a time: for tables that do not fit in memory.

    Raises:
        ManifestError: as there, when the first recording is asked for.
    """
    return _recordings(path, _Given(columns, language), report)


@dataclass(frozen=True, slots=True)
class _Given:
    columns: Mapping[str, str]
    language: str
    needs: frozenset[str] = frozenset()
    check_files: bool = False
    allow_outside: bool = False


def _recordings(path: Path, given: _Given, report: Report | None) -> Iterator[Recording]:
    found = manifest_rows(path)
    filled = {"path", *given.needs}
    needed = [name for name in COLUMNS if name in filled or (name == "language" and not given.language)]
    names = found.named(COLUMNS, given.columns, needed)
    folder = manifest_folder(path)
    for row in found.rows:
        try:
            recording = _recording(row, names, given.language)
            _check(recording, row.where, {"language", *filled})
            _check_path(recording, row.where, folder, given.check_files, given.allow_outside)
        except ManifestError as error:
            if report is None:
                raise ManifestError(f"{path}, {error}") from error
            report(f"{path}, {error}")
            continue
        yield recording


def manifest_folder(path: Path) -> Path:
    """The folder that the paths of a manifest are relative to."""
    return path if path.is_dir() else path.parent


def _recording(row: ManifestRow, names: Mapping[str, str], language: str) -> Recording:
    values = {ours: row.values.get(theirs, "").strip() for ours, theirs in names.items()}
    seconds = values.pop("seconds", "")
    values["language"] = values.get("language", "") or language
    try:
        return Recording(**values, seconds=float(seconds or 0))
    except ValueError as error:
        raise ManifestError(f"{row.where}: 'seconds' is not a number, but {seconds!r}") from error


def _check(recording: Recording, where: str, needs: Collection[str]) -> None:
    for name in COLUMNS:
        if name in needs and not getattr(recording, name):
            raise ManifestError(f"{where}: the row has no {name}")


def _check_path(recording: Recording, where: str, folder: Path, check: bool, allow_outside: bool) -> None:
    path = os.path.normpath(folder / recording.path)
    if not allow_outside and not path.startswith(os.path.normpath(folder) + os.sep):
        raise ManifestError(
            f"{where}: {recording.path!r} lies outside {folder}; allow that only where you trust it"
        )
    if check and not os.path.isfile(path):  # noqa: PTH113 - a third of the time of Path.is_file
        raise ManifestError(f"{where}: there is no file {recording.path!r}")


def write_manifest(path: Path, recordings: Iterable[Recording]) -> None:
    """Write a manifest as TSV, whole or not at all."""
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(COLUMNS)
        for recording in recordings:
            writer.writerow([_line(value) for value in astuple(recording)])
    partial.replace(path)


def _line(value: str | float) -> str | float:
    """A line is a row, so a text keeps to one line."""
    return " ".join(value.split()) if isinstance(value, str) else value
