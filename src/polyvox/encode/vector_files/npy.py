"""Vectors as a numpy array, with a JSON-lines file of what each row is beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from polyvox.encode.protocol import Vectors
from polyvox.encode.vector_files.draft import Draft, refuse_existing
from polyvox.encode.vector_files.row import Origin, Row
from polyvox.errors import PolyvoxError


class NpyFile:
    """`PATH` holds (N, dimension) float32, `PATH.rows.jsonl` a `Row` a line, `PATH.meta.json` the origin.

    The array is published last: where it is, the other two are.
    """

    def __init__(self, path: Path, origin: Origin) -> None:
        self._origin = origin
        self._meta = path.with_name(f"{path.name}.meta.json")
        for taken in (path, self._meta):
            refuse_existing(taken)
        self._rows = Draft(path.with_name(f"{path.name}.rows.jsonl"))
        self._array = Draft(path)
        self._count = 0
        self._header = self._write_header()

    def write(self, rows: Sequence[Row], vectors: Vectors) -> None:
        """Append rows and their vectors (N, dimension)."""
        for row in rows:
            self._rows.stream.write(json.dumps(row._asdict()).encode() + b"\n")
        self._array.stream.write(np.ascontiguousarray(vectors, "<f4").data)
        self._count += len(rows)

    def publish(self) -> None:
        """Write how many rows there are, and give the files their right names.

        Raises:
            PolyvoxError: another process writes the same file.
        """
        self._array.stream.seek(0)
        if self._write_header() != self._header:
            raise PolyvoxError(
                f"{self._array.path}: {self._count:,} rows do not fit the header of an npy file"
            )
        meta = Draft(self._meta)
        meta.stream.write(self._origin.as_json(rows=self._count).encode() + b"\n")
        for draft in (meta, self._rows, self._array):
            draft.publish()

    def discard(self) -> None:
        """Leave nothing behind."""
        self._rows.discard()
        self._array.discard()

    def _write_header(self) -> int:
        # numpy leaves room in the header for the first axis to grow, so it can be written again in place.
        shape = (self._count, self._origin.dimension)
        facts = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._array.stream, facts)
        return self._array.stream.tell()
