"""Cross-domain similarity local scaling: the cosine, corrected for hubs."""

from __future__ import annotations

import numpy as np

from polyvox.evaluate.search import Vectors, nearest

NEIGHBOURS = 10


def csls_vectors(
    queries: Vectors, documents: Vectors, neighbours: int = NEIGHBOURS
) -> tuple[Vectors, Vectors]:
    """Vectors whose inner product ranks documents as CSLS does; shapes (Q, D + 1) and (N, D + 1).

    CSLS(x, y) = 2 cos(x, y) − r(x) − r(y), with r the mean cosine to the k nearest of the other side
    (Conneau et al., ICLR 2018). r(x) is the same for all y, so it is left out.

    >>> x, y = np.eye(2, dtype=np.float32), np.array([[1, 0], [0.6, 0.8]], np.float32)
    >>> a, b = csls_vectors(x, y, 1)
    >>> (a @ b.T).round(2).tolist()                   # 2 cos − r(y): r(y) is 1 and 0.8
    [[1.0, 0.4], [-1.0, 0.8]]
    """
    _, cosines = nearest(documents, queries, neighbours)
    crowded = cosines.mean(axis=1, dtype=np.float32)[:, None]
    ones = np.ones((len(queries), 1), np.float32)
    return np.hstack([2 * queries, ones]), np.hstack([documents, -crowded])
