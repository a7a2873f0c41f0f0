"""A two-dimensional map of vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.protocol import Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Vectors in two dimensions: `points`, shape (N, 2), and each axis' share of the variance."""

    points: NDArray[np.float32]
    explained: tuple[float, float]


def principal_plane(vectors: Vectors) -> Plane:
    """Project vectors, shape (N, dimension), on their two axes of largest variance (Pearson 1901).

    The sign of an axis is chosen so that its largest component is positive, so a map does not flip from one
    run to the next. Fewer than two directions give zeros.

    >>> principal_plane(np.array([[0, 0], [2, 0], [4, 0]], np.float32)).points[:, 0].tolist()
    [-2.0, 0.0, 2.0]
    """
    points = np.zeros((len(vectors), 2), np.float32)
    if len(vectors) < 2:
        return Plane(points, (0.0, 0.0))
    centred = np.asarray(vectors, np.float64) - vectors.mean(0, dtype=np.float64)
    _, strengths, axes = np.linalg.svd(centred, full_matrices=False)
    total = float((strengths**2).sum())
    shares = [0.0, 0.0]
    for place in range(min(2, len(strengths))):
        axis = axes[place]
        points[:, place] = centred @ axis * (1 if axis[np.argmax(np.abs(axis))] > 0 else -1)
        shares[place] = float(strengths[place] ** 2) / total if total else 0.0
    return Plane(points, (shares[0], shares[1]))
