"""What is minimised, and the number that shows an inverted temperature."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from polyvox.train.clasp.sections import Loss, Objective
from polyvox.train.losses.contrastive import symmetric_contrastive
from polyvox.train.losses.huber import huber

INVERTED = 0.98
"""A loss above this share of ln B after training: the temperature is inverted, or nothing was learned."""


def loss_of(vectors: Tensor, targets: Tensor, same: Tensor, objective: Objective) -> Tensor:
    """The loss of a batch, a scalar.

    Args:
        vectors: (B, D) unit rows of recordings.
        targets: (B, D) unit rows of their texts, frozen.
        same: (B, B) bool, true where two rows have one text; such rows are not each other's negatives.
        objective: which loss.
    """
    return _LOSSES[objective.loss](vectors, targets, same, objective)


def share_of_guessing(loss: float, batch: int) -> float:
    """InfoNCE over ln B, the loss of guessing among B rows.

    Cosines lie between -1 and 1. Multiplied by 0.07 they move the logits of a batch by 0.14 at most, so the
    loss cannot leave ln B by more than that, however well the vectors fit.

    >>> round(share_of_guessing(3.4220, 32), 3)
    0.987
    """
    return loss / math.log(batch)


def best_share(scale: float, batch: int) -> float:
    """The lowest loss over ln B that a scale allows: a cosine of 1 to the right text and -1 to all others.

    >>> round(best_share(0.07, 32), 3), round(best_share(1 / 0.07, 32), 3)
    (0.961, 0.0)
    """
    return math.log1p((batch - 1) * math.exp(-2 * scale)) / math.log(batch)


def _infonce(vectors: Tensor, targets: Tensor, same: Tensor, objective: Objective) -> Tensor:
    return symmetric_contrastive(vectors, targets, scale=objective.scale, same=same)


def _huber(vectors: Tensor, targets: Tensor, _same: Tensor, objective: Objective) -> Tensor:
    return huber(vectors, targets, delta=objective.delta)


_LOSSES: Mapping[Loss, Callable[[Tensor, Tensor, Tensor, Objective], Tensor]] = {
    Loss.INFONCE: _infonce,
    Loss.HUBER: _huber,
}


@torch.no_grad()
def beyond_delta(vectors: Tensor, targets: Tensor, delta: float) -> float:
    """Share of the coordinates that differ by more than Huber's delta: where it is not half the square."""
    return float(((vectors - targets).abs() > delta).float().mean())
