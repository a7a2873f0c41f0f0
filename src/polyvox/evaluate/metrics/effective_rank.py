"""Effective rank: how many directions a set of vectors really uses."""

from __future__ import annotations

import numpy as np

from polyvox.evaluate.search import Vectors


def effective_rank(vectors: Vectors) -> float:
    """Erank = exp(−Σ p_i ln p_i) with p_i = σ_i / Σ σ, the singular values (Roy and Vetterli, EUSIPCO 2007).

    Between 1 (all on a line) and the dimension. The vectors are not centred.

    >>> effective_rank(np.eye(4, dtype=np.float32)).__round__(6)
    4.0
    """
    values = np.linalg.svd(vectors.astype(np.float64), compute_uv=False)
    shares = values[values > 0] / values.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))
