"""The head on disk: vectors in 16 bits, codes, and a directory of what they cover.

    head/head.json            the directory, replaced in one step
    head/vectors-G.i2         one row of int16 for every row of the table, appended to
    head/codes-G.u1           one code a row, appended to; once there are rows enough to learn a quantizer
    head/quantizer-G.npz

A segment is the rows of one Lance fragment, whose data file has a unique name and never changes. Bytes count
only once the directory covers them, and a sum of each segment tells whether they are the bytes that were
written. All of it is derived from the table: what is missing or damaged is made again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.protocol import Vectors
from polyvox.index.quantizer import Codes

SCALE = 32_767.0
"""Components of unit vectors are at most 1: a fixed step keeps a cosine to about 1e-5."""

FORMAT = 1

Narrow = NDArray[np.int16]
"""Shape (N, dimension): vectors with components in steps of 1 / SCALE."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The rows of one fragment: the name of its data file, where they start, how many, and their sums."""

    data_file: str
    start: int
    rows: int
    vector_sum: int
    code_sum: int = 0

    @property
    def stop(self) -> int:
        """The row after the last."""
        return self.start + self.rows


@dataclass(frozen=True, slots=True)
class Directory:
    """What the head's files hold.

    `depth` is how many candidates the scan must propose, as measured when the index had `calibrated_rows`.
    """

    dimension: int
    generation: int = 0
    segments: tuple[Segment, ...] = ()
    quantized: bool = False
    depth: int = 0
    calibrated_rows: int = 0
    format: int = FORMAT
    code_generation: int = 0

    @property
    def depth_now(self) -> int:
        """The depth for the present number of rows: as many more candidates as there are more rows."""
        return ceil(self.depth * max(1.0, self.rows / max(1, self.calibrated_rows)))

    @property
    def rows(self) -> int:
        """Rows in the files, live or not."""
        return self.segments[-1].stop if self.segments else 0


@dataclass(frozen=True, slots=True)
class HeadFiles:
    """Reading and writing the head's files in `folder`; writing needs the writer's lock."""

    folder: Path
    dimension: int

    @property
    def directory_path(self) -> Path:
        """Where the directory is."""
        return self.folder / "head.json"

    def read(self) -> Directory:
        """The directory; an empty one when it is missing, damaged or of another format."""
        try:
            fields = json.loads(self.directory_path.read_text(encoding="utf-8"))
            fields["segments"] = tuple(Segment(**segment) for segment in fields["segments"])
            directory = Directory(**fields)
        except (OSError, ValueError, TypeError, KeyError):
            return Directory(self.dimension)
        if (directory.format, directory.dimension) != (FORMAT, self.dimension):
            return Directory(self.dimension)
        return directory

    def write(self, directory: Directory) -> None:
        """Replace the directory in one step, and drop files of older generations."""
        draft = self.folder / f"head.json.{os.getpid()}"
        draft.write_text(json.dumps(asdict(directory)), encoding="utf-8")
        draft.replace(self.directory_path)
        current = {self.vectors_path(directory), self.codes_path(directory), self.quantizer_path(directory)}
        for path in self.folder.iterdir():
            if path.suffix in {".i2", ".u1", ".npz"} and path not in current:
                _discard(path)

    def vectors_path(self, directory: Directory) -> Path:
        """Where the 16-bit vectors are."""
        return self.folder / f"vectors-{directory.generation}.i2"

    def codes_path(self, directory: Directory) -> Path:
        """Where the codes are."""
        return self.folder / f"codes-{directory.code_generation}.u1"

    def quantizer_path(self, directory: Directory) -> Path:
        """Where the quantizer is."""
        return self.folder / f"quantizer-{directory.code_generation}.npz"

    def vectors(self, directory: Directory) -> Narrow:
        """The vectors that the directory covers, mapped, not read.

        Raises:
            OSError, ValueError: the file is missing or too short.
        """
        rows, width = directory.rows, self.dimension
        if not rows:
            return np.empty((0, width), np.int16)
        mapped: Narrow = np.memmap(self.vectors_path(directory), np.int16, mode="r", shape=(rows, width))
        return mapped

    def codes(self, directory: Directory, code_bytes: int) -> Codes:
        """The codes that the directory covers, mapped, not read.

        Raises:
            OSError, ValueError: the file is missing or too short.
        """
        shape = (directory.rows, code_bytes)
        mapped: Codes = np.memmap(self.codes_path(directory), np.uint8, mode="r", shape=shape)
        return mapped


def narrow(rows: Vectors) -> Narrow:
    """Unit vectors in 16 bits.

    >>> narrow(np.array([[1.0, -0.5]], np.float32))
    array([[ 32767, -16384]], dtype=int16)
    """
    return np.asarray(np.rint(rows * SCALE), np.int16)


def byte_sum(rows: NDArray[np.generic]) -> int:
    """The sum of an array's bytes taken as 64-bit words, modulo 2**64: it changes when a stored bit does."""
    data = np.ascontiguousarray(rows).reshape(-1).view(np.uint8)
    whole = len(data) // 8 * 8
    words = int(np.add.reduce(data[:whole].view(np.uint64), dtype=np.uint64))
    return (words + int.from_bytes(data[whole:].tobytes(), "little")) % 2**64


def append_rows(path: Path, covered: int, blocks: Iterable[NDArray[np.generic]]) -> None:
    """Write blocks behind the first `covered` bytes of a file; what a killed writer left there goes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.truncate(covered)
        file.seek(covered)
        for block in blocks:
            file.write(np.ascontiguousarray(block).data)


def _discard(path: Path) -> None:
    try:
        path.unlink()
    except OSError:
        # Somebody reads it on a system that does not unlink open files; the next writer tries again.
        return
