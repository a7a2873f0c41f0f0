"""Recall at k."""

from __future__ import annotations

import numpy as np

from polyvox.evaluate.metrics.metric import Values
from polyvox.evaluate.search import Integers


def recall(query: Integers, rank: Integers, total: Integers, cutoff: int) -> Values:
    """R@k = (relevant documents among the first k) / R, of each query; 0 where R = 0 (trec_eval: `recall`).

    Args:
        query: the query of each relevant document, (P,).
        rank: its rank from 1, (P,).
        total: R of each query, (Q,).
        cutoff: k.

    >>> recall(np.array([0, 0, 1]), np.array([1, 7, 2]), np.array([2, 1, 0]), 5).tolist()
    [0.5, 1.0, 0.0]
    """
    hits = np.bincount(query, weights=rank <= cutoff, minlength=len(total))
    return hits / np.maximum(total, 1)
