"""The written-out gradient is that of automatic differentiation."""

from __future__ import annotations

import pytest
import torch

from polyvox.train.losses.contrastive import symmetric_contrastive
from polyvox.train.losses.one_pass import one_pass_contrastive


@pytest.mark.parametrize("scale", [5.0, 20.0, 40.0])
def test_loss_and_gradients_are_those_of_the_plain_loss(scale: float) -> None:
    generator = torch.Generator().manual_seed(0)
    left, right = torch.randn(2, 12, 8, generator=generator).requires_grad_().unbind()
    same = torch.rand(12, 12, generator=generator) < 0.2
    values, gradients = [], []
    for loss in (symmetric_contrastive, one_pass_contrastive):
        value = loss(left, right, scale=scale, same=same)
        values.append(value.item())
        gradients.append(torch.autograd.grad(value, [left, right]))
    assert values[0] == pytest.approx(values[1], rel=1e-5)
    for plain, written in zip(*gradients, strict=True):
        torch.testing.assert_close(plain, written, rtol=1e-4, atol=1e-6)


def test_outer_factors_reach_the_gradient() -> None:
    left = torch.randn(4, 8, generator=torch.Generator().manual_seed(1)).requires_grad_()
    loss = one_pass_contrastive(left, torch.eye(8)[:4], scale=10.0, same=torch.eye(4) > 0)
    (once,) = torch.autograd.grad(loss, left, retain_graph=True)
    (thrice,) = torch.autograd.grad(loss * 3, left)
    torch.testing.assert_close(thrice, once * 3)
