"""Distance to a frozen vector, squared."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def squared_distance(vectors: Tensor, targets: Tensor, *, mask: Tensor | None = None) -> Tensor:
    """Mean squared difference of (N, D) vectors and targets over rows and dimensions; a float32 scalar.

    What SONAR teaches its speech encoders with (arXiv 2308.11466).

    Args:
        vectors: of the student.
        targets: of the teacher.
        mask: (N,) bool, false where a row has no target; 0 where no row has one.

    >>> import torch
    >>> squared_distance(torch.tensor([[1.0, 3.0]]), torch.zeros(1, 2)).item()
    5.0
    """
    if mask is not None:
        if not mask.any():
            return vectors.sum() * 0
        vectors, targets = vectors[mask], targets[mask]
    return F.mse_loss(vectors.float(), targets.float())
