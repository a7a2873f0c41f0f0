"""Dense search by reading every vector: the reference that the head is held against."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyvox.index.table import Addresses, ItemTable, vector_rows


def exact_search(
    table: ItemTable, query: NDArray[np.float32], depth: int, condition: str = ""
) -> tuple[Addresses, NDArray[np.float32]]:
    """The `depth` rows with the highest inner product with `query`, shape (dimension,), best first.

    Equal scores keep table order. Memory does not grow with the table.
    """
    addresses = np.empty(0, np.uint64)
    scores = np.empty(0, np.float32)
    for batch in table.batches(["vector"], condition):
        scores = np.concatenate([scores, vector_rows(batch["vector"]) @ query])
        addresses = np.concatenate([addresses, batch["_rowaddr"].to_numpy()])
        best = np.lexsort((addresses, -scores))[:depth]
        addresses, scores = addresses[best], scores[best]
    return addresses, scores
