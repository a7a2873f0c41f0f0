"""Sums of short texts as further training texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor


def mix(left: Tensor, right: Tensor, most: int, dice: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Add to each pair of a batch the same few other pairs on both sides.

    A bag of several dictionary entries is the bag of their translations, whatever the languages. Single words
    teach the direction of a vector but not its length, which is its weight among others; sums teach both.

    Args:
        left: (N, D), not normalised.
        right: (N, D); row i is the translation of row i on the left.
        most: pairs in a sum; between two and so many are drawn, alike for the batch.
        dice: which.

    Returns:
        Both, (N, D). No two rows are sums of the same pairs.
    """
    # Shifts below half the batch: no two sums are then of the same pairs.
    shifts = np.arange(1, (len(left) + 1) // 2)
    count = min(int(dice.integers(1, most)), len(shifts))
    chosen = [int(shift) for shift in dice.choice(shifts, count, replace=False)] if count else []
    return _sums(left, chosen), _sums(right, chosen)


def _sums(rows: Tensor, shifts: Sequence[int]) -> Tensor:
    total = rows
    for shift in shifts:
        total = total + rows.roll(shift, 0)
    return total
