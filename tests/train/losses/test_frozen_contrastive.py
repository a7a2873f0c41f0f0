"""Contrastive learning against frozen vectors."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from polyvox.train.losses.frozen_contrastive import frozen_contrastive  # noqa: E402


def test_two_rows_by_hand() -> None:
    # Scores: row 0 has 1 against 0; row 1 has 0.6 for its own target and 0.8 for the other.
    vectors = torch.tensor([[1.0, 0.0], [0.8, 0.6]])
    targets = torch.eye(2)

    def cross_entropy(right: float, wrong: float) -> float:
        return math.log(math.exp(right) + math.exp(wrong)) - right

    forward = (cross_entropy(1, 0) + cross_entropy(0.6, 0.8)) / 2
    backward = (cross_entropy(1, 0.8) + cross_entropy(0.6, 0)) / 2
    found = frozen_contrastive(vectors, targets, scale=1.0)
    assert found.item() == pytest.approx((forward + backward) / 2, abs=1e-6)


def test_equal_targets_are_not_negatives() -> None:
    vectors = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    same = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    found = frozen_contrastive(vectors, same, scale=1.0)
    # Rows 0 and 1 do not meet: each has only the third target beside its own.
    half = math.sqrt(0.5)
    forward = [math.log(1 + math.exp(-1)), math.log(1 + math.exp(1)), math.log(1 + 2)]
    backward = [math.log(1 + math.exp(half - 1)), math.log(1 + math.exp(half)), 0.0]
    backward[2] = math.log(math.exp(half) + math.exp(0) + math.exp(1)) - half
    forward[2] = math.log(2 * math.exp(half) + math.exp(half)) - half
    expected = (sum(forward) / 3 + sum(backward) / 3) / 2
    assert found.item() == pytest.approx(expected, abs=1e-6)


def test_rows_without_a_target_are_left_out() -> None:
    vectors = torch.randn(3, 4, generator=torch.Generator().manual_seed(0), requires_grad=True)
    targets = torch.eye(4)[:3].clone()
    targets[1] = 0
    found = frozen_contrastive(vectors, targets, scale=5.0)
    kept = frozen_contrastive(vectors[[0, 2]], targets[[0, 2]], scale=5.0)
    assert found.item() == pytest.approx(kept.item())
    one = frozen_contrastive(vectors, targets * torch.tensor([[1.0], [0], [0]]), scale=5.0)
    one.backward()  # type: ignore[no-untyped-call]
    assert one.item() == 0
    assert vectors.grad is not None


def test_widths_are_averaged() -> None:
    left = torch.randn(4, 8, generator=torch.Generator().manual_seed(0))
    right = torch.nn.functional.normalize(
        torch.randn(4, 8, generator=torch.Generator().manual_seed(1)), dim=-1
    )
    whole = frozen_contrastive(left, right, scale=5.0, widths=(8, 4)).item()
    alone = [
        frozen_contrastive(left, right, scale=5.0).item(),
        frozen_contrastive(
            left[:, :4], torch.nn.functional.normalize(right[:, :4], dim=-1), scale=5.0
        ).item(),
    ]
    assert whole == pytest.approx(sum(alone) / 2, abs=1e-6)
