"""Spearman's rank correlation, for judgements of similarity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyvox.evaluate.metrics.metric import Values


def spearman(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """ρ = Pearson's correlation of the ranks, equal values having their mean rank; 0 for a constant side.

    As STS benchmarks report it, of the cosines and the gold scores. Below, 1 − 6·2 / (4·15).

    >>> spearman(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 3.0, 2.0, 4.0])).__round__(6)
    0.8
    """
    a, b = mean_ranks(first), mean_ranks(second)
    spread = a.std() * b.std()
    return float(((a - a.mean()) * (b - b.mean())).mean() / spread) if spread else 0.0


def mean_ranks(values: NDArray[np.floating]) -> Values:
    """Ranks from 1, equal values having their mean rank.

    >>> mean_ranks(np.array([5.0, 7.0, 5.0])).tolist()
    [1.5, 3.0, 1.5]
    """
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(sizes)
    found: Values = (last - (sizes - 1) / 2)[group]
    return found
