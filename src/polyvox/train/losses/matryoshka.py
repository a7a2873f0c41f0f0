"""One objective at several prefixes of the vector, so that short prefixes are vectors too."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor


def matryoshka(
    objective: Callable[[Tensor, Tensor], Tensor],
    left: Tensor,
    right: Tensor,
    dimensions: Sequence[int],
) -> Tensor:
    """Mean of an objective over vector prefixes (Kusupati et al. 2022, https://arxiv.org/abs/2205.13147).

    Args:
        objective: takes two (N, d) tensors, gives a scalar.
        left: (N, D).
        right: (N, D).
        dimensions: the prefixes d ≤ D.

    Returns:
        Scalar.

    >>> import torch
    >>> ones = torch.ones(1, 4)
    >>> matryoshka(lambda a, b: (a * b).sum(), ones, ones, [4, 2]).item()
    3.0
    """
    losses = [objective(left[:, :width], right[:, :width]) for width in dimensions]
    return sum(losses[1:], losses[0]) / len(losses)
