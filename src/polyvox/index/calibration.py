"""How many candidates the scan must propose so that the true neighbours are among them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.protocol import Vectors
from polyvox.index.head_files import SCALE, Narrow
from polyvox.index.quantizer import CodeScanner, blended, neighbour_ranks

NEIGHBOURS = 10
LEAST_DEPTH = 256
MOST_DEPTH = 8_192
MARGIN = 1.5
BLOCK = 8_192


def measured_depth(vectors: Narrow, scanner: CodeScanner, recall: float) -> int:
    """The depth at which `recall` of the ten true neighbours are proposed, with a margin for other queries.

    The queries lie between stored vectors, see `blended`; the truth comes from all vectors. Returns 0 when
    even the greatest depth is not enough.
    """
    picks = np.linspace(0, len(vectors) - 1, 2_048).astype(np.int64)
    queries = blended(vectors[picks].astype(np.float32) / np.float32(SCALE))
    ranks = neighbour_ranks(scanner, queries, nearest(vectors, queries), MOST_DEPTH)
    needed = float(np.quantile(ranks, recall, method="higher"))
    if needed > MOST_DEPTH:
        return 0
    return int(np.clip(np.ceil(needed * MARGIN), LEAST_DEPTH, MOST_DEPTH))


def nearest(vectors: Narrow, queries: Vectors, count: int = NEIGHBOURS) -> NDArray[np.int64]:
    """The rows with the highest inner products, shape (queries, count), in no order; memory is constant."""
    best = np.full((len(queries), count), -np.inf, np.float32)
    rows = np.zeros((len(queries), count), np.int64)
    for begin in range(0, len(vectors), BLOCK):
        block = vectors[begin : begin + BLOCK].astype(np.float32)
        scores = np.concatenate([best, queries @ block.T], axis=1)
        places = np.broadcast_to(np.arange(begin, begin + len(block)), (len(queries), len(block)))
        labels = np.concatenate([rows, places], axis=1)
        chosen = np.argpartition(-scores, count - 1, axis=1)[:, :count]
        best = np.take_along_axis(scores, chosen, axis=1)
        rows = np.take_along_axis(labels, chosen, axis=1)
    return rows
