"""Scores and spectra, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from polyvox.train.fusion.cost import search_costs
from polyvox.train.fusion.measure import chance, scores, spectrum

AXES = np.eye(4, dtype=np.float32)
TEXTS = ["a", "b", "c", "d"]


def test_scores_by_hand() -> None:
    queries = np.array([[1, 0, 0, 0], [0.8, 0.6, 0, 0], [0, 0, 1, 0]], np.float32)
    found = scores(queries, AXES, ["a", "b", "d"], TEXTS)
    # Ranks: 1; 2; and 4, because d ties with a and b at cosine 0 behind c, and ties are misses.
    assert found.recall_1 == pytest.approx(1 / 3)
    assert found.recall_10 == pytest.approx(1.0)
    assert found.mrr == pytest.approx((1 + 1 / 2 + 1 / 4) / 3)
    assert found.ndcg_10 == pytest.approx((1 + 1 / math.log2(3) + 1 / math.log2(5)) / 3)


def test_chance_is_the_mean_over_all_ranks() -> None:
    found = chance(4)
    assert (found.recall_1, found.recall_10) == (0.25, 1.0)
    assert found.mrr == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4) / 4)
    assert chance(100).recall_10 == pytest.approx(0.1)


def test_the_spectrum_keeps_the_strongest_directions_first() -> None:
    basis = np.array([[0, 0, 3, 0], [0, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0.5]], np.float32)
    found = spectrum(AXES, AXES, basis, TEXTS, TEXTS)
    # With one component only c is told apart; the others have no length and tie at 0 behind nothing but c.
    assert found.mrr[4] == pytest.approx(1.0)
    assert found.mrr[1] < found.mrr[2] < found.mrr[4]
    assert found.queries_share == {1: 0.25, 2: 0.5, 4: 1.0}
    assert found.queries_rank == pytest.approx(4.0)


def test_a_search_has_a_price_by_dimension() -> None:
    costs = search_costs([64, 4], pool=500, seed=0)
    assert [(cost.dimension, cost.bytes) for cost in costs] == [(64, 256), (4, 16)]
    assert all(cost.milliseconds > 0 for cost in costs)
