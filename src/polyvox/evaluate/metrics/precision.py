"""Precision at k."""

from __future__ import annotations

import numpy as np

from polyvox.evaluate.metrics.metric import Values
from polyvox.evaluate.search import Integers


def precision(query: Integers, rank: Integers, queries: int, cutoff: int) -> Values:
    """P@k = (relevant documents among the first k) / k, of each query. As trec_eval's `P`.

    P@1 is what work on bilingual lexicons reports.

    >>> precision(np.array([0, 0, 1]), np.array([1, 2, 9]), 2, 5).tolist()
    [0.4, 0.0]
    """
    return np.bincount(query, weights=rank <= cutoff, minlength=queries) / cutoff
