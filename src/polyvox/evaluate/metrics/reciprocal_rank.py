"""Reciprocal rank; its mean is MRR."""

from __future__ import annotations

import numpy as np

from polyvox.evaluate.metrics.metric import Values


def reciprocal_rank(first: Values, cutoff: float = np.inf) -> Values:
    """RR = 1 / (rank of the first relevant document), 0 beyond `cutoff`, of each query.

    >>> reciprocal_rank(np.array([1.0, 4.0, np.inf])).tolist()
    [1.0, 0.25, 0.0]
    """
    return np.where(first <= cutoff, 1 / first, 0.0)
