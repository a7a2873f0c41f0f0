"""Distance to a frozen vector: squared where small, absolute where large."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def huber(vectors: Tensor, targets: Tensor, *, delta: float, mask: Tensor | None = None) -> Tensor:
    """Huber's loss (Huber 1964) of (N, D) vectors and targets over rows and dimensions; a float32 scalar.

    d²/2 for |d| ≤ delta, else delta · (|d| − delta/2).

    Args:
        vectors: of the student.
        targets: of the teacher.
        delta: where the parabola becomes a line.
        mask: (N,) bool, false where a row has no target; 0 where no row has one.

    >>> import torch
    >>> round(huber(torch.tensor([[0.2, 2.0]]), torch.zeros(1, 2), delta=1.0).item(), 4)
    0.76
    """
    if mask is not None:
        if not mask.any():
            return vectors.sum() * 0
        vectors, targets = vectors[mask], targets[mask]
    return F.huber_loss(vectors.float(), targets.float(), delta=delta)
