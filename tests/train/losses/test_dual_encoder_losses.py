"""Spread-out, margin, split softmax and learned scale against values worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from polyvox.train.losses.additive_margin import additive_margin
from polyvox.train.losses.contrastive import symmetric_contrastive
from polyvox.train.losses.learned_scale import MOST, LearnedScale
from polyvox.train.losses.split_softmax import split_softmax
from polyvox.train.losses.spread_out import spread_out


def test_spread_out_adds_up_with_its_weights() -> None:
    # Five equal rows have 20 cosines of 1 beside the diagonal; without two pairs both ways, 16: norm 4.
    rows = torch.ones(5, 3)
    same = torch.zeros(5, 5, dtype=torch.bool)
    same[0, 1] = same[1, 0] = same[2, 3] = same[3, 2] = True
    norms = [spread_out(rows, same=same), spread_out(rows, rows, same=same), spread_out(rows, same=same)]
    total = sum(weight * norm for weight, norm in zip((0.1, 0.2, 0.3), norms, strict=True))
    assert float(total) == pytest.approx(2.4)


def test_spread_out_of_two_modalities_leaves_the_pairs_alone() -> None:
    # The cosines beside the diagonal are 0.6 and 0.8: the root of 0.36 + 0.64.
    left = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    right = torch.tensor([[0.8, 0.6], [0.6, 0.8]])
    crossed = torch.tensor([[0.8, 0.8], [0.6, 0.6]])
    assert spread_out(left, right).item() == pytest.approx(math.sqrt(0.36 + 0.36))
    assert spread_out(left, crossed).item() == pytest.approx(1.0)


def test_spread_out_has_a_gradient_where_nothing_is_left_to_spread() -> None:
    rows = torch.eye(3, requires_grad=True)
    spread_out(rows).backward()  # type: ignore[no-untyped-call]
    assert rows.grad is not None
    assert torch.isfinite(rows.grad).all()


def test_a_margin_lowers_the_pairs_only() -> None:
    # Cosines 1 and 0, margin 0.5, scale 2: cross entropy ln(1 + e^(2 · (0 - 0.5))).
    loss = additive_margin(torch.eye(2), torch.eye(2), scale=2.0, margin=0.5)
    assert loss.item() == pytest.approx(math.log1p(math.exp(-1)))


def test_no_margin_is_plain_contrast() -> None:
    left, right = torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(1))
    same = torch.zeros(6, 6, dtype=torch.bool)
    same[0, 3] = True
    margin = additive_margin(left, right, scale=7.0, margin=0.0, same=same)
    assert margin.item() == pytest.approx(symmetric_contrastive(left, right, scale=7.0, same=same).item())


def test_hard_negatives_have_a_softmax_of_their_own() -> None:
    # Each row: its pair has cosine 1, its one hard negative cosine 0.6, scale 5: ln(1 + e^(5 · -0.4)).
    hard = torch.tensor([[[0.6, 0.8]], [[0.8, 0.6]]])
    own = math.log1p(math.exp(-2))
    within = math.log1p(math.exp(5 * (0 - 0.8)))
    loss = split_softmax(torch.eye(2), torch.eye(2), hard, scale=5.0, margin=0.2, share=0.25)
    assert loss.item() == pytest.approx(0.75 * within + 0.25 * own)


def test_missing_hard_negatives_do_not_count() -> None:
    hard = torch.tensor([[[0.6, 0.8], [1.0, 0.0]], [[0.8, 0.6], [0.0, 1.0]]])
    mask = torch.tensor([[True, False], [False, False]])
    loss = split_softmax(torch.eye(2), torch.eye(2), hard, scale=5.0, margin=0.0, share=1.0, mask=mask)
    assert loss.item() == pytest.approx(math.log1p(math.exp(-2)) / 2)


def test_a_learned_scale_moves_and_stays_in_its_bounds() -> None:
    scale = LearnedScale(10.0)
    # All alike: a smaller scale cannot help, the gradient is 0; with a wrong order it wants a smaller one.
    wrong = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    symmetric_contrastive(torch.eye(2), wrong, scale=scale()).backward()  # type: ignore[no-untyped-call]
    assert scale.logarithm.grad is not None
    assert scale.logarithm.grad.item() > 0
    with torch.no_grad():
        scale.logarithm.fill_(20.0)
    assert scale().item() == pytest.approx(MOST)


def test_a_learned_scale_has_a_gradient_where_hard_negatives_are_missing() -> None:
    scale = LearnedScale(2.0)
    rows, mask = torch.eye(2), torch.tensor([[True], [False]])
    found = split_softmax(rows, rows, rows[:, None], scale=scale(), margin=0.0, share=0.5, mask=mask)
    found.backward()  # type: ignore[no-untyped-call]
    assert scale.logarithm.grad is not None
    assert torch.isfinite(scale.logarithm.grad)
