"""Mean and median rank of the first relevant document."""

from __future__ import annotations

import numpy as np

from polyvox.evaluate.metrics.metric import Values


def ranks(first: Values, pool: int) -> Values:
    """The rank of the first relevant document of each query; pool + 1 where the pool holds none.

    The mean and the median of these are the MeanR and MedR of cross-modal retrieval. They grow with the
    pool: compare them only where pools are equal.

    >>> ranks(np.array([2.0, np.inf]), 10).tolist()
    [2.0, 11.0]
    """
    return np.minimum(first, pool + 1)
