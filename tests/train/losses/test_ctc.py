"""CTC, against values worked out by hand."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from polyvox.train.losses.ctc import ctc  # noqa: E402


def test_every_path_of_one_label_over_two_frames() -> None:
    # p(blank) = 0.25, p(a) = 0.75 in both frames; "a" is said by (a, a), (a, -), (-, a): 0.5625 + 2 * 0.1875.
    odds = torch.log(torch.tensor([[[0.25, 0.75], [0.25, 0.75]]]))
    found = ctc(odds, torch.ones(1, 2, dtype=torch.bool), [[1]])
    assert found.item() == pytest.approx(-math.log(0.9375), abs=1e-6)


def test_a_row_counts_by_its_number_of_labels_and_padding_does_not() -> None:
    odds = torch.log(torch.full((1, 4, 3), 1 / 3))
    mask = torch.tensor([[True, True, False, False]])
    # Two frames, two labels: one path, (1/3)², over two labels.
    assert ctc(odds, mask, [[1, 2]]).item() == pytest.approx(math.log(9) / 2, abs=1e-6)


def test_rows_without_labels_are_left_out() -> None:
    odds = torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(1), requires_grad=True)
    mask = torch.ones(2, 4, dtype=torch.bool)
    both = ctc(odds, mask, [[1], []])
    assert both.item() == pytest.approx(ctc(odds[:1], mask[:1], [[1]]).item(), abs=1e-6)
    nothing = ctc(odds, mask, [[], []])
    nothing.backward()  # type: ignore[no-untyped-call]
    assert nothing.item() == 0
    assert odds.grad is not None


def test_labels_that_do_not_fit_count_nothing() -> None:
    odds = torch.zeros(1, 1, 3)
    assert ctc(odds, torch.ones(1, 1, dtype=torch.bool), [[1, 2]]).item() == 0
