"""The modality gap: how far apart speech and text lie as a whole."""

from __future__ import annotations

import numpy as np

from polyvox.evaluate.search import Vectors


def modality_gap(first: Vectors, second: Vectors) -> float:
    """‖mean of the one − mean of the other‖ of unit vectors (Liang et al., NeurIPS 2022), from 0 to 2.

    >>> modality_gap(np.array([[1, 0]], np.float32), np.array([[-1, 0]], np.float32))
    2.0
    """
    difference = first.mean(axis=0, dtype=np.float64) - second.mean(axis=0, dtype=np.float64)
    return float(np.linalg.norm(difference))
