"""Vectors as JSON lines: one object a row, to a file or to standard output."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from polyvox.encode.protocol import Vectors
from polyvox.encode.vector_files.draft import Draft, refuse_existing
from polyvox.encode.vector_files.row import Origin, Row


class JsonLinesFile:
    """One object a row with the fields of `Row`, `model` (the fingerprint) and `vector`.

    What made the vectors is told in `PATH.meta.json` beside it.
    """

    def __init__(self, path: Path, origin: Origin) -> None:
        self._origin = origin
        self._meta = path.with_name(f"{path.name}.meta.json")
        refuse_existing(self._meta)
        self._draft = Draft(path)
        self._rows = 0

    def write(self, rows: Sequence[Row], vectors: Vectors) -> None:
        """Append rows and their vectors (N, dimension)."""
        for line in lines(rows, vectors, self._origin.fingerprint):
            self._draft.stream.write(line.encode("utf-8", "surrogatepass"))
        self._rows += len(rows)

    def publish(self) -> None:
        """Give the files their right names."""
        meta = Draft(self._meta)
        meta.stream.write(self._origin.as_json(rows=self._rows).encode() + b"\n")
        meta.publish()
        self._draft.publish()

    def discard(self) -> None:
        """Leave nothing behind."""
        self._draft.discard()


class JsonLinesStream:
    """The same objects on a stream; there is nothing to publish."""

    def __init__(self, stream: TextIO, origin: Origin) -> None:
        self._stream = stream
        self._origin = origin

    def write(self, rows: Sequence[Row], vectors: Vectors) -> None:
        """Write rows and their vectors (N, dimension), and hand them on at once."""
        self._stream.writelines(lines(rows, vectors, self._origin.fingerprint))
        self._stream.flush()

    def publish(self) -> None:
        """All is written."""

    def discard(self) -> None:
        """What is written is written."""


def lines(rows: Sequence[Row], vectors: Vectors, fingerprint: str) -> Iterator[str]:
    """Rows as lines of ASCII; nine digits bring every float32 back exactly."""
    for row, vector in zip(rows, vectors.tolist(), strict=True):
        facts = json.dumps(row._asdict() | {"model": fingerprint})
        numbers = ", ".join(map("%.9g".__mod__, vector))
        yield f'{facts[:-1]}, "vector": [{numbers}]}}\n'
