"""One objective at several widths, of nested and of separate heads."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")

from torch import Tensor  # noqa: E402

from polyvox.train.losses.contrastive import symmetric_contrastive  # noqa: E402
from polyvox.train.losses.cosine import cosine_distance  # noqa: E402
from polyvox.train.losses.matryoshka import matryoshka, matryoshka_heads  # noqa: E402


def test_cosine_distance_over_separate_heads_by_hand() -> None:
    targets = torch.tensor([[3.0, 4.0]])
    heads = {2: torch.tensor([[4.0, 3.0]]), 1: torch.tensor([[-2.0]])}
    # cos((4, 3), (3, 4)) = 24/25; the first values have opposite signs, so their cosine is -1.
    assert matryoshka_heads(cosine_distance, heads, targets).item() == pytest.approx(
        (1 / 25 + 2) / 2, abs=1e-6
    )


def test_contrastive_over_separate_heads_by_hand() -> None:
    targets = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    heads = {2: torch.tensor([[1.0, 0.0], [0.0, 1.0]]), 1: torch.tensor([[1.0], [1.0]])}

    def objective(left: Tensor, right: Tensor) -> Tensor:
        return symmetric_contrastive(left, right, scale=1.0)

    root = math.sqrt(0.5)
    # Cosines at width 2: [[1, r], [0, r]]; at width 1 all are 1, so each loss there is ln 2.
    rows = math.log(1 + math.exp(root - 1)) + math.log(1 + math.exp(-root))
    columns = math.log(1 + math.exp(-1)) + math.log(2)
    wide = (rows / 2 + columns / 2) / 2
    found = matryoshka_heads(objective, heads, targets)
    assert found.item() == pytest.approx((wide + math.log(2)) / 2, abs=1e-6)


def test_prefixes_of_one_vector_give_the_nested_loss() -> None:
    left, right = torch.randn(3, 4), torch.randn(3, 4)
    heads = {width: left[:, :width] for width in (4, 2)}
    nested = matryoshka(cosine_distance, left, right, [4, 2])
    torch.testing.assert_close(matryoshka_heads(cosine_distance, heads, right), nested)


def test_each_separate_head_has_its_own_gradient() -> None:
    heads = {width: torch.randn(3, width, requires_grad=True) for width in (4, 2)}
    loss = matryoshka_heads(cosine_distance, heads, torch.randn(3, 4))
    loss.backward()  # type: ignore[no-untyped-call]
    for own in heads.values():
        assert own.grad is not None
        assert own.grad.abs().sum() > 0
