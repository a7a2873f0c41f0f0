"""Vectors into files that other search engines read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from polyvox.encode.protocol import Vectors
from polyvox.encode.vector_files.json_lines import JsonLinesFile
from polyvox.encode.vector_files.npy import NpyFile
from polyvox.encode.vector_files.row import Origin, Row
from polyvox.errors import PolyvoxError

__all__ = ["Origin", "Row", "VectorFile", "VectorFormat", "format_of", "open_vector_file"]


class VectorFile(Protocol):
    """Takes rows in order; nothing is under its right name before `publish`."""

    def write(self, rows: Sequence[Row], vectors: Vectors) -> None:
        """Append rows and their vectors (N, dimension)."""
        ...

    def publish(self) -> None:
        """Give the files their right names."""
        ...

    def discard(self) -> None:
        """Leave nothing behind of what is not published."""
        ...


class VectorFormat(StrEnum):
    """The kinds of files."""

    NPY = "npy"
    PARQUET = "parquet"
    JSONL = "jsonl"


def _parquet(path: Path, origin: Origin) -> VectorFile:
    from polyvox.encode.vector_files.parquet import ParquetFile

    return ParquetFile(path, origin)


_OPENERS: Mapping[VectorFormat, Callable[[Path, Origin], VectorFile]] = {
    VectorFormat.NPY: NpyFile,
    VectorFormat.PARQUET: _parquet,
    VectorFormat.JSONL: JsonLinesFile,
}
_SUFFIXES = {
    ".npy": VectorFormat.NPY,
    ".parquet": VectorFormat.PARQUET,
    ".jsonl": VectorFormat.JSONL,
    ".ndjson": VectorFormat.JSONL,
}


def format_of(path: Path) -> VectorFormat:
    """The format that a file's name stands for.

    Raises:
        PolyvoxError: it stands for none.

    >>> format_of(Path("a.parquet"))
    <VectorFormat.PARQUET: 'parquet'>
    """
    kind = _SUFFIXES.get(path.suffix.lower())
    if kind is None:
        known = " ".join(_SUFFIXES)
        raise PolyvoxError(f"{path}: the suffix is none of {known}; say what to write with --format")
    return kind


def open_vector_file(path: Path, origin: Origin, kind: VectorFormat | str | None = None) -> VectorFile:
    """Begin a file of vectors.

    Args:
        path: the file; must not exist.
        origin: what makes the vectors.
        kind: the format; by the suffix where None.

    Raises:
        PolyvoxError: the file exists, its folder does not, or the suffix says no format.
    """
    return _OPENERS[VectorFormat(kind) if kind else format_of(path)](path, origin)
