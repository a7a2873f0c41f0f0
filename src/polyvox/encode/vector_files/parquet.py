"""Vectors as Parquet: one row a vector, the vector a fixed-size list of float32."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from polyvox.encode.protocol import Vectors
from polyvox.encode.vector_files.draft import Draft
from polyvox.encode.vector_files.row import Origin, Row

GROUP_ROWS = 8192
METADATA_KEY = "polyvox"
"""Where the schema's metadata say what made the vectors, as JSON."""


def vector_schema(origin: Origin) -> pa.Schema:
    """The columns of `Row`, and `vector`."""
    texts = {"id": False, "source": False, "locator": False}
    fields = [pa.field(name, pa.string(), nullable) for name, nullable in texts.items()]
    fields += [pa.field("start", pa.float64()), pa.field("end", pa.float64()), pa.field("text", pa.string())]
    fields += [pa.field("language", pa.string(), False), pa.field("modality", pa.string(), False)]
    fields.append(pa.field("vector", pa.list_(pa.float32(), origin.dimension), False))
    return pa.schema(fields, {METADATA_KEY: origin.as_json()})


class ParquetFile:
    """One Parquet file; rows are gathered to groups of 8,192, which bounds the memory."""

    def __init__(self, path: Path, origin: Origin) -> None:
        self._schema = vector_schema(origin)
        self._draft = Draft(path)
        # Embeddings hardly repeat themselves: a dictionary of them costs time and saves nothing.
        columns = ["source", "locator", "language", "modality"]
        self._writer = pq.ParquetWriter(self._draft.stream, self._schema, use_dictionary=columns)
        self._rows: list[Row] = []
        self._vectors: list[Vectors] = []

    def write(self, rows: Sequence[Row], vectors: Vectors) -> None:
        """Append rows and their vectors (N, dimension)."""
        self._rows += rows
        self._vectors.append(vectors)
        if len(self._rows) >= GROUP_ROWS:
            self._flush()

    def publish(self) -> None:
        """Write what is gathered and the footer, and give the file its right name."""
        self._flush()
        self._writer.close()
        self._draft.publish()

    def discard(self) -> None:
        """Leave nothing behind."""
        if self._writer.is_open:
            self._writer.close()
        self._draft.discard()

    def _flush(self) -> None:
        if not self._rows:
            return
        columns = zip(*self._rows, strict=True)
        arrays = [
            pa.array(column, self._schema.field(name).type)
            for name, column in zip(Row._fields, columns, strict=True)
        ]
        vectors = np.concatenate(self._vectors)
        arrays.append(pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), vectors.shape[1]))
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self._rows, self._vectors = [], []
