"""Hard negatives beside, not among, those of the batch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from polyvox.train.losses.additive_margin import additive_margin


def split_softmax(
    left: Tensor,
    right: Tensor,
    hard: Tensor,
    *,
    scale: float | Tensor,
    margin: float,
    share: float,
    mask: Tensor | None = None,
    same: Tensor | None = None,
) -> Tensor:
    """(1 − share) · additive margin within the batch + share · softmax over each row's own hard negatives.

    Hard negatives have a softmax of their own, without a margin, so that the many easy negatives of a large
    batch do not drown them (the loss of OmniSONAR, arXiv 2603.16606).

    Args:
        left: (N, D), any length.
        right: (N, D); row i belongs to row i on the left.
        hard: (N, H, D), the hard negatives of each row on the left.
        scale: inverse temperature.
        margin: of the softmax within the batch.
        share: of the hard negatives' softmax, 0 to 1.
        mask: (N, H) bool, false where a row has fewer than H hard negatives. A row without any counts 0.
        same: (N, N) bool, true where a pair off the diagonal is no negative.

    Returns:
        Float32 scalar.

    >>> split_softmax(torch.eye(2), torch.eye(2), torch.eye(2)[:, None], scale=1.0, margin=0.0, share=1.0)
    tensor(0.6931)
    """
    within = additive_margin(left, right, scale=scale, margin=margin, same=same)
    anchors = F.normalize(left.float(), dim=-1)
    pairs = (anchors * F.normalize(right.float(), dim=-1)).sum(-1, keepdim=True)
    against = torch.einsum("nd,nhd->nh", anchors, F.normalize(hard.float(), dim=-1))
    scaled = scale * torch.cat([pairs, against], dim=1)
    if mask is not None:
        # After the scale: times −inf, the gradient of a learned one would be no number.
        scaled = scaled.masked_fill(F.pad(~mask, (1, 0)), -torch.inf)
    odds = scaled.log_softmax(dim=1)
    return (1 - share) * within - share * odds[:, 0].mean()
