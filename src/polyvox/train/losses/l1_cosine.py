"""Absolute distance to a frozen vector, and its angle."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def l1_cosine(vectors: Tensor, targets: Tensor, *, mask: Tensor | None = None) -> Tensor:
    """Mean |v − t| over rows and dimensions, less the mean of log σ(cos(v, t)); a float32 scalar.

    The regression loss of the French–Wolof model (arXiv 2602.19991).

    Args:
        vectors: (N, D), of the student.
        targets: (N, D), of the teacher.
        mask: (N,) bool, false where a row has no target; 0 where no row has one.

    >>> import torch
    >>> round(l1_cosine(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])).item(), 4)
    1.6931
    """
    if mask is not None:
        if not mask.any():
            return vectors.sum() * 0
        vectors, targets = vectors[mask], targets[mask]
    vectors, targets = vectors.float(), targets.float()
    angles = F.cosine_similarity(vectors, targets, dim=-1)
    return F.l1_loss(vectors, targets) - F.logsigmoid(angles).mean()
