"""Max@R: how deep one must read to see everything relevant."""

from __future__ import annotations

import numpy as np

from polyvox.evaluate.metrics.metric import Values
from polyvox.evaluate.search import Integers


def max_rank(query: Integers, rank: Integers, total: Integers, pool: int) -> Values:
    """Max@R = max {i : d_i ∈ R_q}, the rank of the worst-placed relevant document (arXiv 2604.05684).

    Lower is better; `pool` + 1 where a relevant document is not in the pool, or there is none.

    >>> max_rank(np.array([0, 0, 1]), np.array([1, 8, 3]), np.array([2, 2]), 100).tolist()
    [8.0, 101.0]
    """
    worst = np.zeros(len(total))
    np.maximum.at(worst, query, rank)
    whole = (np.bincount(query, minlength=len(total)) == total) & (total > 0)
    return np.where(whole, worst, pool + 1.0)


def max_rank_normalised(worst: Values, total: Integers, pool: int) -> Values:
    """Max@R_norm = 100 (log2|D| − log2 Max@R) / (log2|D| − log2|R_q|), of each query (arXiv 2604.05684).

    100 where all relevant documents come first, 0 where the last of them comes last, and 0 where one is
    missing. Undefined for |R_q| = |D|: 100 there.

    >>> max_rank_normalised(np.array([2.0, 64.0, 8.0]), np.array([2, 2, 2]), 64).tolist()
    [100.0, 0.0, 60.0]
    """
    span = np.log2(pool) - np.log2(np.maximum(total, 1))
    reached = np.log2(pool) - np.log2(np.minimum(worst, pool))
    share = np.divide(reached, span, out=np.ones(len(worst)), where=span > 0)
    return np.where(worst <= pool, 100 * share, 0.0)
