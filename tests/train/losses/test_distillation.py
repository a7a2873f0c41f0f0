"""Losses against a teacher's vectors, with values worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor

from polyvox.train.losses.huber import huber
from polyvox.train.losses.l1_cosine import l1_cosine
from polyvox.train.losses.mse import squared_distance

LOSSES = [squared_distance, partial(huber, delta=0.6), l1_cosine]


def test_squared_distance() -> None:
    # Differences 1, 2, 0 and 3: (1 + 4 + 0 + 9) / 4.
    vectors = torch.tensor([[1.0, 2.0], [0.0, 3.0]])
    assert squared_distance(vectors, torch.zeros(2, 2)).item() == pytest.approx(3.5)


def test_huber_bends_at_delta() -> None:
    # Differences 0.4 and 2 at delta 0.6: 0.08 and 0.6 · (2 − 0.3).
    loss = huber(torch.tensor([[0.4, 2.0]]), torch.zeros(1, 2), delta=0.6)
    assert loss.item() == pytest.approx((0.08 + 1.02) / 2)


def test_l1_cosine_adds_distance_and_angle() -> None:
    # Row 1 is right: 0 and −log σ(1); row 2 is opposite: |2| in one of two dimensions, −log σ(−1).
    vectors = torch.tensor([[1.0, 0.0], [0.0, -1.0]])
    targets = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    angle = (math.log1p(math.exp(-1)) + math.log1p(math.exp(1))) / 2
    assert l1_cosine(vectors, targets).item() == pytest.approx(2 / 4 + angle)


@pytest.mark.parametrize("loss", LOSSES)
def test_rows_without_a_target_do_not_count(loss: Callable[..., Tensor]) -> None:
    vectors, targets = torch.tensor([[1.0, 0.5], [9.0, 9.0]]), torch.tensor([[0.5, 1.0], [0.0, 0.0]])
    masked = loss(vectors, targets, mask=torch.tensor([True, False]))
    assert masked.item() == pytest.approx(loss(vectors[:1], targets[:1]).item())
    assert loss(vectors, targets, mask=torch.tensor([False, False])).item() == 0
