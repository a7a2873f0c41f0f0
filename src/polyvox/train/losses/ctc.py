"""Connectionist temporal classification: spell the labels in order, wherever they stand in time."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

BLANK = 0


def ctc(logits: Tensor, mask: Tensor, labels: Sequence[Sequence[int]]) -> Tensor:
    """Mean negative log-likelihood of the labels, each divided by its length (Graves et al. 2006).

    Rows without labels are left out, and a row whose labels do not fit its frames counts 0.

    Args:
        logits: (B, T, labels), the blank at 0.
        mask: (B, T), True where there is content.
        labels: of each row, without blanks.

    Returns:
        Scalar, 0 when no row has labels.
    """
    labelled = [position for position, label in enumerate(labels) if label]
    if not labelled:
        return logits.sum() * 0
    chosen = torch.tensor(labelled, device=logits.device)
    targets = torch.tensor([label for position in labelled for label in labels[position]])
    sizes = torch.tensor([len(labels[position]) for position in labelled])
    odds = logits[chosen].float().log_softmax(-1).transpose(0, 1)
    return F.ctc_loss(
        odds, targets.to(odds.device), mask[chosen].sum(1), sizes, blank=BLANK, zero_infinity=True
    )
