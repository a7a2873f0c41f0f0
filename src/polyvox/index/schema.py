"""How an item lies in the table: column names, types, and the identity of a row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike

from polyvox.encode.protocol import Vectors
from polyvox.index.errors import VectorError
from polyvox.item import Audio, Item

ITEM_COLUMNS = (
    "id",
    "path",
    "digest",
    "position",
    "modality",
    "language",
    "start",
    "end",
    "locator",
    "text",
    "metadata",
)
"""Every column but the vector."""


def item_schema(dimension: int) -> pa.Schema:
    """The Arrow schema of the item table for vectors of `dimension` components."""
    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            pa.field("path", pa.string(), nullable=False),
            pa.field("digest", pa.string(), nullable=False),
            pa.field("position", pa.int32(), nullable=False),
            pa.field("modality", pa.string(), nullable=False),
            pa.field("language", pa.string(), nullable=False),
            pa.field("start", pa.float64()),
            pa.field("end", pa.float64()),
            pa.field("locator", pa.string(), nullable=False),
            pa.field("text", pa.string()),
            pa.field("metadata", pa.list_(pa.string())),
            pa.field("vector", pa.list_(pa.float32(), dimension), nullable=False),
        ]
    )


def item_id(path: str, digest: str, position: int) -> str:
    """The identity of a row: the same item of the same file is the same row, however often it is added.

    >>> item_id("a.txt", "9f", 0)
    'a01700da7a5fc8ca409b26867501f456'
    """
    key = "\0".join((path, digest, str(position)))
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def item_digest(content: str | Audio) -> str:
    """The hash of one item's content, for items that do not come from a file."""
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content.samples.tobytes()
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def metadata_pair(key: str, value: str) -> str:
    """One metadata entry as it lies in the table: a JSON pair, so that no character is special.

    >>> metadata_pair("speaker", "Asha")
    '["speaker", "Asha"]'
    """
    return json.dumps([key, value], ensure_ascii=False)


def metadata_of(pairs: Sequence[str] | None) -> dict[str, str]:
    """The metadata that `metadata_pair` wrote."""
    return dict(map(json.loads, pairs or ()))


def checked_vectors(vectors: ArrayLike, count: int, dimension: int) -> Vectors:
    """Unit-length float32 rows, shape (count, dimension); a row of zeros stays one.

    Raises:
        VectorError: wrong shape, or a component that is not finite; names the row.
    """
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    if rows.shape != (count, dimension):
        raise VectorError(
            f"expected vectors of shape ({count}, {dimension}) for this index, got {rows.shape}"
        )
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    bad = np.flatnonzero(~np.isfinite(norms[:, 0]))
    if len(bad):
        raise VectorError(f"the vector in row {bad[0]} has a component that is not a finite number")
    return np.asarray(rows / np.where(norms > 0, norms, 1), np.float32)


def item_table(items: Sequence[Item], digests: Sequence[str], vectors: Vectors) -> pa.Table:
    """Items, the digest each belongs to, and their vectors of shape (N, dimension), as one Arrow table."""
    dimension = vectors.shape[1]
    columns = {
        "id": [
            item_id(item.path, digest, item.position) for item, digest in zip(items, digests, strict=True)
        ],
        "path": [item.path for item in items],
        "digest": list(digests),
        "position": [item.position for item in items],
        "modality": [item.modality.value for item in items],
        "language": [item.language for item in items],
        "start": [item.start for item in items],
        "end": [item.end for item in items],
        "locator": [item.locator for item in items],
        "text": [item.content if isinstance(item.content, str) else None for item in items],
        "metadata": [_pairs(item.metadata) for item in items],
    }
    schema = item_schema(dimension)
    arrays = [pa.array(values, schema.field(name).type) for name, values in columns.items()]
    arrays.append(pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), dimension))
    return pa.Table.from_arrays(arrays, schema=schema)


def _pairs(metadata: Mapping[str, str]) -> list[str] | None:
    return [metadata_pair(key, metadata[key]) for key in sorted(metadata)] or None
