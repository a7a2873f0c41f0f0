"""Ranks, losses and distortions, by hand."""

from __future__ import annotations

from itertools import combinations
from math import log
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")

from polyvox.item import Audio  # noqa: E402
from polyvox.train.clasp.distortions import CURVES, Condition, conditions, distorted  # noqa: E402
from polyvox.train.clasp.measure import Side, figures, first_of_few, ranked  # noqa: E402
from polyvox.train.clasp.objective import INVERTED, best_share, loss_of, share_of_guessing  # noqa: E402
from polyvox.train.clasp.sections import Loss, Objective  # noqa: E402


def test_ties_are_misses_and_any_recording_of_the_text_is_right() -> None:
    pool = Side(np.array([[1, 0], [1, 0], [0, 1], [0.6, 0.8]], np.float32), ["a", "b", "c", "c"])
    queries = Side(np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32), ["a", "c", "c"])
    ranks = ranked(queries, pool)
    assert ranks.tolist() == [2, 1, 1]
    found = figures(ranks, 4)
    assert (found.queries, found.pool, found.recall_10) == (3, 4, 1)
    assert found.recall_1 == pytest.approx(2 / 3)
    assert found.mrr == pytest.approx((0.5 + 1 + 1) / 3)
    assert found.mean_rank == pytest.approx(4 / 3)


def test_the_chance_in_a_small_pool_counts_all_draws() -> None:
    # Rank 3 of 7: of the 6 others, 2 are better; 3 of the 6 are drawn.
    draws = list(combinations(range(6), 3))
    expected = sum(0 not in draw and 1 not in draw for draw in draws) / len(draws)
    assert first_of_few(np.array([3.0]), 7, 4)[0] == pytest.approx(expected)
    assert first_of_few(np.array([1.0]), 7, 4)[0] == 1
    assert first_of_few(np.array([7.0]), 7, 100)[0] == 0


@pytest.mark.parametrize("legacy", [False, True])
def test_infonce_by_hand(legacy: bool) -> None:
    vectors, targets = torch.eye(2), torch.tensor([[1.0, 0.0], [0.6, 0.8]])
    objective = Objective(legacy=legacy)
    scale = 0.07 if legacy else 1 / 0.07
    cosines = np.array([[1, 0.6], [0, 0.8]]) * scale
    rows = np.log(np.exp(cosines).sum(1)) - np.diag(cosines)
    columns = np.log(np.exp(cosines).sum(0)) - np.diag(cosines)
    found = loss_of(vectors, targets, torch.eye(2, dtype=torch.bool), objective).item()
    assert found == pytest.approx((rows.mean() + columns.mean()) / 2, rel=1e-5)
    assert (share_of_guessing(found, 2) > 0.95) is legacy


def test_equal_texts_are_no_negatives() -> None:
    vectors = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    same = torch.tensor([[True, True, False], [True, True, False], [False, False, True]])
    assert loss_of(vectors, vectors, same, Objective()).item() < 1e-5
    assert loss_of(vectors, vectors, torch.eye(3, dtype=torch.bool), Objective()).item() > 0.4


def test_huber_of_unit_vectors_is_half_the_square() -> None:
    vectors, targets = torch.tensor([[0.6, 0.8]]), torch.tensor([[0.8, 0.6]])
    same = torch.ones(1, 1, dtype=torch.bool)
    assert loss_of(vectors, targets, same, Objective(Loss.HUBER)).item() == pytest.approx(0.02)
    far = loss_of(-vectors, vectors, same, Objective(Loss.HUBER)).item()
    assert far == pytest.approx(((0.6 * (1.2 - 0.3)) + 0.6 * (1.6 - 0.3)) / 2)


def test_an_inverted_temperature_cannot_leave_the_loss_of_guessing() -> None:
    """With cosines as good as those of the published runs, a gap of 0.65, the share shows the inversion."""
    batch, gap = 32, 0.65

    def share(scale: float) -> float:
        return share_of_guessing(log(1 + (batch - 1) * np.exp(-scale * gap)), batch)

    assert share(0.07) > INVERTED > share(1 / 0.07)
    assert best_share(0.07, batch) > 0.95


def test_distortions_are_the_same_for_the_same_file() -> None:
    audio = Audio(np.sin(np.arange(16_000) / 9).astype(np.float32))
    one = distorted(audio, Condition("noise", 10), Path("a.wav"))
    again = distorted(audio, Condition("noise", 10), Path("b/a.wav"))
    other = distorted(audio, Condition("noise", 10), Path("c.wav"))
    np.testing.assert_array_equal(one.samples, again.samples)
    assert np.abs(one.samples - other.samples).max() > 0.01
    noise = one.samples - audio.samples
    assert 10 * np.log10(np.mean(audio.samples**2) / np.mean(noise**2)) == pytest.approx(10, abs=0.1)


def test_tempo_keeps_the_pitch_and_a_longer_room_is_louder() -> None:
    audio = Audio(np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000).astype(np.float32))
    slow = distorted(audio, Condition("tempo", 0.5), Path("a")).samples
    assert len(slow) == pytest.approx(32_000, rel=0.03)
    peak = np.argmax(np.abs(np.fft.rfft(slow))) * 16_000 / len(slow)
    assert peak == pytest.approx(440, abs=5)
    click = Audio(np.eye(1, 40_000, dtype=np.float32)[0])
    energies = [
        float((distorted(click, Condition("room", seconds), Path("a")).samples[1:] ** 2).sum())
        for seconds in CURVES["room"]
    ]
    assert energies == pytest.approx([0.5, 1, 2, 4], rel=1e-3)


def test_all_conditions_have_names_of_their_own() -> None:
    names = [one.name for one in conditions()]
    assert len(set(names)) == len(names) == 1 + sum(map(len, CURVES.values()))
    assert names[0] == "clean"
