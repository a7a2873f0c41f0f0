"""Uniformity and alignment on the unit sphere."""

from __future__ import annotations

import numpy as np

from polyvox.evaluate.search import Vectors


def uniformity(vectors: Vectors) -> float:
    """Log of the mean over pairs i < j of exp(−2 ‖x_i − x_j‖²) (Wang and Isola, ICML 2020, t = 2).

    Lower is more even; 0 where all vectors are one. N² memory: give it a sample.

    >>> uniformity(np.array([[1, 0], [-1, 0]], np.float32))   # −2 · 2²
    -8.0
    """
    distances = 2 - 2 * (vectors @ vectors.T).astype(np.float64)
    pairs = distances[np.triu_indices(len(vectors), 1)]
    return float(np.log(np.exp(-2 * np.maximum(pairs, 0)).mean()))


def alignment(first: Vectors, second: Vectors) -> float:
    """The mean of ‖x − y‖² over matching rows (Wang and Isola, ICML 2020, α = 2); lower is nearer.

    >>> alignment(np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32)[::-1])
    2.0
    """
    return float(((first - second).astype(np.float64) ** 2).sum(axis=1).mean())
