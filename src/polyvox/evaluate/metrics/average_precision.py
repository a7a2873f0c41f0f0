"""Average precision; its mean is MAP."""

from __future__ import annotations

import numpy as np

from polyvox.evaluate.metrics.metric import Values
from polyvox.evaluate.search import Integers


def average_precision(query: Integers, rank: Integers, total: Integers) -> Values:
    """AP = (1/R) Σ_j j / rank_j over the relevant documents j = 1 … R in order of rank, of each query.

    Args:
        query: the query of each relevant document, sorted, (P,).
        rank: its rank, rising within a query, (P,).
        total: R of each query, (Q,).

    >>> average_precision(np.array([0, 0]), np.array([1, 4]), np.array([2])).tolist()  # (1/1 + 2/4) / 2
    [0.75]
    """
    place = 1 + np.arange(len(query)) - np.searchsorted(query, query)
    return np.bincount(query, weights=place / rank, minlength=len(total)) / np.maximum(total, 1)
