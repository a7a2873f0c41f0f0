"""Contrastive learning with the other rows of the batch as negatives."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def symmetric_contrastive(
    left: Tensor, right: Tensor, *, scale: float | Tensor, same: Tensor | None = None
) -> Tensor:
    """InfoNCE in both directions (van den Oord et al. 2018; Henderson et al. 2017).

    Args:
        left: (N, D), any length; rows are normalised here.
        right: (N, D); row i is the translation of row i on the left.
        scale: inverse temperature; fixed, or learned (`LearnedScale`).
        same: (N, N) bool, true where left i and right j mean the same although i ≠ j; such pairs are no
            negatives and get −inf. Its diagonal is ignored.

    Returns:
        The mean of the two directions' cross entropies, float32 scalar.

    >>> perfect = torch.eye(4)
    >>> symmetric_contrastive(perfect, perfect, scale=50.0).item() < 1e-6
    True
    """
    return symmetric_softmax(scale * cosines(left, right), same)


def cosines(left: Tensor, right: Tensor) -> Tensor:
    """All cosines of (N, D) and (M, D) rows of any length: (N, M), float32."""
    return F.normalize(left.float(), dim=-1) @ F.normalize(right.float(), dim=-1).T


def symmetric_softmax(similarity: Tensor, same: Tensor | None = None) -> Tensor:
    """Mean cross entropy of the diagonal of (N, N) similarities, by rows and by columns; a scalar.

    Args:
        similarity: already scaled.
        same: see `symmetric_contrastive`.
    """
    if same is not None:
        others = ~torch.eye(len(similarity), dtype=torch.bool, device=similarity.device)
        similarity = similarity.masked_fill(same & others, -torch.inf)
    target = torch.arange(len(similarity), device=similarity.device)
    return (F.cross_entropy(similarity, target) + F.cross_entropy(similarity.T, target)) / 2
