"""Complete@k: whether everything relevant is near the top."""

from __future__ import annotations

import numpy as np

from polyvox.evaluate.metrics.metric import Values
from polyvox.evaluate.search import Integers


def complete(query: Integers, rank: Integers, total: Integers, cutoff: int) -> Values:
    """Complete@k = 1 where all of R_q are among the first k, of each query (arXiv 2604.05684).

    0 where R_q is empty.

    >>> complete(np.array([0, 0, 1, 1]), np.array([1, 2, 1, 11]), np.array([2, 2]), 10).tolist()
    [1.0, 0.0]
    """
    hits = np.bincount(query, weights=rank <= cutoff, minlength=len(total))
    whole: Values = ((hits == total) & (total > 0)).astype(np.float64)
    return whole
