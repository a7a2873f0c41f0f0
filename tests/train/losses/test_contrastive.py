"""The contrastive loss against values worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from polyvox.train.losses.contrastive import symmetric_contrastive
from polyvox.train.losses.matryoshka import matryoshka


def test_two_orthogonal_pairs() -> None:
    # Similarities: 2 on the diagonal, 0 beside it; cross entropy = ln(1 + e^-2).
    loss = symmetric_contrastive(torch.eye(2) * 3, torch.eye(2), scale=2.0)
    assert loss.item() == pytest.approx(math.log1p(math.exp(-2)))


def test_indistinguishable_pairs_cost_the_logarithm_of_the_batch() -> None:
    loss = symmetric_contrastive(torch.ones(8, 3), torch.ones(8, 3), scale=20.0)
    assert loss.item() == pytest.approx(math.log(8))


def test_both_directions_count() -> None:
    # Left rows are equal, right rows differ: rows of similarities are (1, 0) and (1, 0).
    left, right = torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.eye(2)
    forward = (math.log1p(math.exp(-1)) + math.log1p(math.exp(1))) / 2
    backward = math.log(2)
    loss = symmetric_contrastive(left, right, scale=1.0)
    assert loss.item() == pytest.approx((forward + backward) / 2)


def test_masked_pairs_are_no_negatives_but_positives_stay() -> None:
    same = torch.ones(4, 4, dtype=torch.bool)
    assert symmetric_contrastive(torch.ones(4, 3), torch.ones(4, 3), scale=20.0, same=same).item() == 0


def test_the_mean_over_prefixes() -> None:
    left, right = torch.eye(2), torch.eye(2)
    both = matryoshka(lambda a, b: symmetric_contrastive(a, b, scale=1.0), left, right, [2, 1])
    # The one-wide prefixes are (1) and (0): similarities 1, 0, 0, 0.
    full = math.log1p(math.exp(-1))
    short = (math.log1p(math.exp(-1)) + math.log(2)) / 2
    assert both.item() == pytest.approx((full + short) / 2)
