"""Vectors of different rows are kept apart."""

from __future__ import annotations

import torch
from torch import Tensor

from polyvox.train.losses.contrastive import cosines


def spread_out(left: Tensor, right: Tensor | None = None, *, same: Tensor | None = None) -> Tensor:
    """Length of the vector of all cosines of different rows: sqrt(sum over i ≠ j of cos(left i, right j)²).

    The term that arXiv 2404.01616 adds for each modality (after Zhang et al. 2017, arXiv 1708.06320, in the
    form of Google's dual-encoder losses). Its weight is the caller's.

    Args:
        left: (N, D), any length.
        right: (N, D); `left` itself where None.
        same: (N, N) bool, true where two rows mean the same and may stay together.

    Returns:
        Float32 scalar.

    >>> spread_out(torch.eye(3)).item(), spread_out(torch.ones(2, 4)).item() ** 2
    (0.0, 2.0)
    """
    found = cosines(left, left if right is None else right)
    kept = ~torch.eye(len(found), dtype=torch.bool, device=found.device)
    if same is not None:
        kept = kept & ~same
    # The root of nothing has no gradient.
    squares = found[kept].square().sum()
    return torch.where(squares > 0, squares.clamp(min=torch.finfo(squares.dtype).tiny).sqrt(), squares)
