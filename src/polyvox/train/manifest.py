"""The table of recordings: one tab-separated row a recording, in the columns of the shared speech data."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from polyvox.errors import PolyvoxError


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording and what is known of it; unknown text is empty, `path` is relative to the manifest."""

    path: str
    language: str
    key: str
    split: str
    transcript: str
    translation_language: str
    translation: str
    seconds: float


COLUMNS = tuple(field.name for field in fields(Recording))


class ManifestError(PolyvoxError):
    """A manifest cannot be used; the message names the file and the row or column."""


def read_manifest(path: Path) -> list[Recording]:
    """Read a manifest.

    Raises:
        ManifestError: the file is missing, lacks a column, or a row has no path or no duration.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t")
            missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
            if missing:
                raise ManifestError(
                    f"{path}: the column {missing[0]!r} is missing; needed: {', '.join(COLUMNS)}"
                )
            return [_recording(row, path, number) for number, row in enumerate(rows, start=2)]
    except FileNotFoundError as error:
        raise ManifestError(f"{path}: no such manifest") from error


def _recording(row: dict[str, str], path: Path, number: int) -> Recording:
    values = {name: row[name] or "" for name in COLUMNS}
    if not values["path"]:
        raise ManifestError(f"{path}, line {number}: the row has no path")
    try:
        seconds = float(values.pop("seconds"))
    except ValueError as error:
        raise ManifestError(f"{path}, line {number}: 'seconds' is not a number") from error
    return Recording(**values, seconds=seconds)


def write_manifest(path: Path, recordings: Iterable[Recording]) -> None:
    """Write a manifest, whole or not at all."""
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(astuple(recording) for recording in recordings)
    partial.replace(path)
