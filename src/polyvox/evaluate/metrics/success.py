"""Success at k, also called Hits@k."""

from __future__ import annotations

import numpy as np

from polyvox.evaluate.metrics.metric import Values


def success(first: Values, cutoff: int) -> Values:
    """Hits@k = 1 where a relevant document is among the first k, of each query. As trec_eval's `success`.

    Args:
        first: rank of the first relevant document, infinite where there is none, (Q,).
        cutoff: k.

    >>> success(np.array([1.0, 6.0, np.inf]), 5).tolist()
    [1.0, 0.0, 0.0]
    """
    return (first <= cutoff).astype(np.float64)
