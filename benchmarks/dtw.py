"""Dynamic time warping of one recording against many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyvox.encode import Vectors


def dtw(query: NDArray[np.float32], frames: NDArray[np.float32], lengths: NDArray[np.int64]) -> Vectors:
    """Minus the mean cost along the best path from both beginnings to both ends, (N,).

    Sakoe and Chiba (1978), symmetric form: a diagonal step counts twice, and the sum is divided by both
    lengths. The cost of two frames is one minus their inner product.

    Args:
        query: (n, D), unit rows.
        frames: (N, m, D), unit rows, padded at the end with anything.
        lengths: (N,), frames of each.
    """
    cost = 1 - np.matmul(frames, query.T).transpose(2, 0, 1)
    count, longest = len(frames), frames.shape[1]
    above = np.full((longest + 1, count), np.inf, np.float32)
    above[0] = 0
    for row in cost:
        here = np.full_like(above, np.inf)
        for place in range(1, longest + 1):
            step = row[:, place - 1]
            straight = np.minimum(above[place], here[place - 1]) + step
            here[place] = np.minimum(straight, above[place - 1] + 2 * step)
        above = here
    return np.asarray(-above[lengths, np.arange(count)] / (len(query) + lengths), np.float32)
