"""A pair has to win by a margin."""

from __future__ import annotations

import torch
from torch import Tensor

from polyvox.train.losses.contrastive import cosines, symmetric_softmax


def additive_margin(
    left: Tensor, right: Tensor, *, scale: float | Tensor, margin: float, same: Tensor | None = None
) -> Tensor:
    """InfoNCE in both directions with a margin off the pairs' cosines (Yang et al. 2019, arXiv 1902.08564).

    Args:
        left: (N, D), any length.
        right: (N, D); row i belongs to row i on the left.
        scale: inverse temperature.
        margin: taken from the cosine of a pair before it is scaled; 0 gives `symmetric_contrastive`.
        same: (N, N) bool, true where a pair off the diagonal is no negative.

    Returns:
        Float32 scalar.

    >>> round(additive_margin(torch.ones(2, 2), torch.ones(2, 2), scale=1.0, margin=0.0).item(), 4)
    0.6931
    """
    found = cosines(left, right)
    lowered = found - margin * torch.eye(len(found), device=found.device)
    return symmetric_softmax(scale * lowered, same)
