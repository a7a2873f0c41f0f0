"""Distance in angle to a frozen vector."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def cosine_distance(vectors: Tensor, targets: Tensor) -> Tensor:
    """Mean of 1 - cosine between (N, D) rows and their targets (N, D), any length; a scalar.

    >>> import torch
    >>> cosine_distance(torch.tensor([[2.0, 0.0], [0.0, 1.0]]), torch.tensor([[1.0, 0.0], [1.0, 0.0]])).item()
    0.5
    """
    return (1 - F.cosine_similarity(vectors.float(), targets.float(), dim=-1)).mean()
