"""Shorter vectors from longer ones: the Matryoshka prefix."""

from __future__ import annotations

import numpy as np

from polyvox.encode.protocol import Vectors


def shortened(vectors: Vectors, dimension: int) -> Vectors:
    """The first `dimension` columns, rows made unit length again (Kusupati et al. 2022).

    >>> shortened(np.array([[0.6, 0.0, 0.8]], np.float32), 2)
    array([[1., 0.]], dtype=float32)
    """
    if dimension == vectors.shape[1]:
        return vectors
    prefix = vectors[:, :dimension]
    lengths = np.sqrt(np.einsum("nd,nd->n", prefix, prefix))[:, None]
    return np.asarray(prefix / np.maximum(lengths, 1e-12), np.float32)
