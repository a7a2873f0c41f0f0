"""Contrastive learning in one direction: each query among the passages of the batch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from polyvox.train.losses.contrastive import cosines


def one_way_contrastive(
    queries: Tensor, passages: Tensor, *, scale: float | Tensor, same: Tensor | None = None
) -> Tensor:
    """InfoNCE from query to passage, as MultipleNegativesRankingLoss has it (Henderson et al. 2017).

    Args:
        queries: (N, D), any length; rows are normalised here.
        passages: (N, D); row i belongs to query i.
        scale: inverse temperature.
        same: (N, N) bool, true where query i and passage j belong together although i ≠ j; such pairs are no
            negatives and get −inf. Its diagonal is ignored.

    Returns:
        Mean cross entropy of the rows, float32 scalar.

    >>> import torch
    >>> perfect = torch.eye(4)
    >>> one_way_contrastive(perfect, perfect, scale=50.0).item() < 1e-6
    True
    """
    similarity = scale * cosines(queries, passages)
    if same is not None:
        others = ~torch.eye(len(similarity), dtype=torch.bool, device=similarity.device)
        similarity = similarity.masked_fill(same & others, -torch.inf)
    return F.cross_entropy(similarity, torch.arange(len(similarity), device=similarity.device))
