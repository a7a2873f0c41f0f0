"""Adam on touched rows is Adam, row by row."""

from __future__ import annotations

import pytest
import torch

from polyvox.train.touched_adam import TouchedRowsAdam


def test_rows_that_are_always_touched_follow_torch() -> None:
    torch.manual_seed(0)
    start = torch.randn(3, 4)
    ours = TouchedRowsAdam(start.clone())
    theirs = torch.nn.Parameter(start.clone())
    adam = torch.optim.Adam([theirs], lr=0.1)
    for _ in range(5):
        gradient = torch.randn(3, 4)
        ours.step(torch.arange(3), gradient, 0.1)
        theirs.grad = gradient
        adam.step()
    torch.testing.assert_close(ours.table, theirs.detach())


def test_untouched_rows_stay_and_the_first_update_has_the_size_of_the_rate() -> None:
    adam = TouchedRowsAdam(torch.zeros(3, 2))
    adam.step(torch.tensor([1]), torch.tensor([[5.0, -0.01]]), 0.1)
    adam.step(torch.tensor([2]), torch.tensor([[1.0, 1.0]]), 0.1)
    torch.testing.assert_close(adam.table, torch.tensor([[0.0, 0.0], [-0.1, 0.1], [-0.1, -0.1]]))


def test_a_restored_state_goes_on_as_if_nothing_had_happened() -> None:
    one = TouchedRowsAdam(torch.zeros(2, 2))
    one.step(torch.tensor([0]), torch.ones(1, 2), 0.1)
    saved = {name: tensor.clone() for name, tensor in one.state().items()}
    other = TouchedRowsAdam(torch.zeros(2, 2))
    other.restore(saved)
    for adam in (one, other):
        adam.step(torch.tensor([0, 1]), torch.full((2, 2), 0.5), 0.1)
    torch.testing.assert_close(one.table, other.table, rtol=0, atol=0)
    assert one.table[0, 0].item() == pytest.approx(-0.2, abs=0.02)
