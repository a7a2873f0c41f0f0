"""Adam on touched rows is Adam, row by row."""

from __future__ import annotations

import pytest
import torch

from polyvox.train.touched_adam import TouchedRowsAdam


def test_rows_that_are_always_touched_follow_rmsprop_with_bias_correction() -> None:
    torch.manual_seed(0)
    table = torch.randn(3, 4)
    ours, second = TouchedRowsAdam(table.clone()), torch.zeros(3)
    for count in range(1, 6):
        gradient = torch.randn(3, 4)
        ours.step(torch.arange(3), gradient, 0.1)
        second = 0.999 * second + 0.001 * gradient.square().mean(dim=1)
        table -= 0.1 * gradient / (second / (1 - 0.999**count)).sqrt()[:, None]
    torch.testing.assert_close(ours.table, table)


def test_untouched_rows_stay_and_the_first_update_has_the_size_of_the_rate() -> None:
    adam = TouchedRowsAdam(torch.zeros(3, 2))
    adam.step(torch.tensor([1]), torch.tensor([[7.0, -1.0]]), 0.1)
    adam.step(torch.tensor([2]), torch.tensor([[1.0, 1.0]]), 0.1)
    # The root mean square of 7 and -1 is 5.
    torch.testing.assert_close(adam.table, torch.tensor([[0.0, 0.0], [-0.14, 0.02], [-0.1, -0.1]]))


def test_a_restored_state_goes_on_as_if_nothing_had_happened() -> None:
    one = TouchedRowsAdam(torch.zeros(2, 2))
    one.step(torch.tensor([0]), torch.ones(1, 2), 0.1)
    saved = {name: tensor.clone() for name, tensor in one.state().items()}
    other = TouchedRowsAdam(torch.zeros(2, 2))
    other.restore(saved)
    for adam in (one, other):
        adam.step(torch.tensor([0, 1]), torch.full((2, 2), 0.5), 0.1)
    torch.testing.assert_close(one.table, other.table, rtol=0, atol=0)
    # 0.1 in the first step, then 0.1 · 0.5 over the root of (0.999 · 1² + 0.5²) / 1.999.
    assert one.table[0, 0].item() == pytest.approx(-0.1 - 0.05 / (1.249 / 1.999) ** 0.5, rel=1e-3)
