"""Manifests that hold their recordings: Parquet with an audio column, and saved Hugging Face datasets.

The sound inside a row is unpacked once into a file of its own, as it was encoded, so that everything else
reads files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from polyvox.errors import MissingExtraError
from polyvox.train.manifest_files import ManifestError, ManifestRow, ManifestRows

_SPLIT = "split"
_MAGIC = {b"RIFF": ".wav", b"OggS": ".ogg", b"fLaC": ".flac", b"ID3": ".mp3", b"\xff\xfb": ".mp3"}
_ROWS_AT_ONCE = 64
Named = Callable[[str, Any], Any]
"""The name that a class number stands for, by column."""


def parquet_rows(path: Path) -> ManifestRows:
    """The rows of a Parquet file, a few in memory at a time.

    Raises:
        ManifestError: not a Parquet file.
    """
    from pyarrow import ArrowInvalid, parquet

    try:
        file = parquet.ParquetFile(path)
    except (ArrowInvalid, OSError) as error:
        raise ManifestError(f"{path}: not a Parquet file ({error})") from error
    audio = path.parent / f"{path.name}.audio"

    def rows() -> Iterator[ManifestRow]:
        number = 0
        for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE):
            for row in batch.to_pylist():
                number += 1
                yield ManifestRow(f"row {number}", _values(row, audio, f"{number:07d}", path.parent))

    return ManifestRows(path, file.schema_arrow.names, rows())


def saved_dataset_rows(path: Path) -> ManifestRows:
    """The rows of a folder that `Dataset.save_to_disk` or `DatasetDict.save_to_disk` wrote.

    The name of a split becomes the column `split` where there is none.

    Raises:
        ManifestError: the folder cannot be read.
        MissingExtraError: `datasets` is not installed.
    """
    try:
        from datasets import Audio, DatasetDict, load_from_disk
    except ImportError as error:
        raise MissingExtraError("train", "reading a Hugging Face dataset") from error
    try:
        loaded = load_from_disk(str(path))
    except (OSError, ValueError) as error:
        raise ManifestError(f"{path}: not a saved dataset ({error})") from error
    parts = dict(loaded) if isinstance(loaded, DatasetDict) else {"": loaded}
    plain = {name: _undecoded(part, Audio) for name, part in parts.items()}
    columns = dict.fromkeys(column for part in plain.values() for column in part.column_names)
    if "" not in plain:
        columns.setdefault(_SPLIT)
    return ManifestRows(path, list(columns), _dataset_rows(plain, path))


def _undecoded(part: Any, audio: Any) -> Any:  # noqa: ANN401 - datasets has no types
    for name, feature in part.features.items():
        if isinstance(feature, audio):
            part = part.cast_column(name, audio(decode=False))
    return part


def _dataset_rows(parts: Mapping[str, Any], path: Path) -> Iterator[ManifestRow]:
    folder = path / f"{path.name}.audio"
    for split, part in parts.items():
        labels = {name: kind.int2str for name, kind in part.features.items() if hasattr(kind, "int2str")}
        for number, row in enumerate(part, start=1):
            named = {
                name: labels[name](value) if name in labels and value is not None else value
                for name, value in row.items()
            }
            values = _values(named, folder, f"{split}{'-' if split else ''}{number:07d}", path)
            where = f"row {number} of {split}" if split else f"row {number}"
            yield ManifestRow(where, values if _SPLIT in values or not split else {**values, _SPLIT: split})


def _values(row: Mapping[str, Any], folder: Path, name: str, base: Path) -> dict[str, str]:
    return {column: _value(value, folder, name, base) for column, value in row.items()}


def _value(value: Any, folder: Path, name: str, base: Path) -> str:  # noqa: ANN401 - any cell of a table
    if value is None:
        return ""
    if not isinstance(value, Mapping):
        return str(value)
    if value.get("bytes"):
        return _unpacked(value["bytes"], value.get("path") or "", folder, name).relative_to(base).as_posix()
    return value["path"] if value.get("path") else json.dumps(value, ensure_ascii=False, default=str)


def _unpacked(content: bytes, called: str, folder: Path, name: str) -> Path:
    known = next((end for magic, end in _MAGIC.items() if content.startswith(magic)), "")
    path = folder / f"{name}{known or PurePosixPath(called).suffix or '.audio'}"
    if path.is_file() and path.stat().st_size == len(content):
        return path
    try:
        folder.mkdir(exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        raise ManifestError(
            f"{folder}: the recordings inside the dataset cannot be unpacked here ({error.strerror}); "
            "free some space or copy the dataset to where you may write"
        ) from error
    return path
