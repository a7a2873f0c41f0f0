"""Paired tests against values by hand and against scipy."""

from __future__ import annotations

import numpy as np
import pytest

from polyvox.evaluate.significance import holm, paired_t_test, randomisation_test


def test_three_wins_of_three_by_hand() -> None:
    # Of the eight ways to swap, +++ and --- are as extreme: 2 / 8.
    assert randomisation_test([1, 1, 1], [0, 0, 0]) == pytest.approx(0.25)


def test_unequal_differences_by_hand() -> None:
    # Differences 3, 2, -1: sum 4. Sums of all signs: ±6, ±4, ±2, 0, 0; four of eight reach 4.
    assert randomisation_test([3, 2, 0], [0, 0, 1]) == 0.5


def test_queries_that_do_not_differ_do_not_count() -> None:
    few = randomisation_test([1, 1, 1, 1], [0, 0, 0, 0])
    assert randomisation_test([1, 1, 1, 1, 0.5, 0], [0, 0, 0, 0, 0.5, 0]) == few
    assert few == pytest.approx(0.125)


def test_alike_systems_have_p_one() -> None:
    assert randomisation_test([0.3, 0.7], [0.3, 0.7]) == 1.0
    assert randomisation_test([1, 0], [0, 1]) == 1.0
    assert paired_t_test([0.3, 0.7], [0.3, 0.7]) == 1.0


@pytest.mark.parametrize("seed", range(4))
def test_shares_give_mcnemars_exact_p(seed: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    generator = np.random.default_rng(seed)
    first, second = generator.integers(0, 2, 400), generator.random(400) < 0.4
    wins, losses = int((first > second).sum()), int((first < second).sum())
    expected = stats.binomtest(wins, wins + losses).pvalue
    assert randomisation_test(first, second) == pytest.approx(expected, rel=1e-9)


def test_many_queries_do_not_overflow() -> None:
    first = np.ones(20_000)
    assert (
        randomisation_test(first, np.zeros(20_000)) == 0.0
        or randomisation_test(first, np.zeros(20_000)) < 1e-300
    )
    assert randomisation_test(np.tile([1, 0], 10_000), np.tile([0, 1], 10_000)) == 1.0


@pytest.mark.parametrize("size", [8, 60])
def test_the_randomisation_test_is_scipys(size: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    generator = np.random.default_rng(size)
    first = generator.random(size)
    second = first - generator.normal(0.05, 0.2, size)
    theirs = stats.permutation_test(
        (first, second),
        lambda a, b: np.mean(a - b),
        permutation_type="samples",
        n_resamples=20_000,
        rng=np.random.default_rng(5),
    ).pvalue
    assert randomisation_test(first, second, rounds=20_000) == pytest.approx(theirs, abs=0.012)
    if size == 8:
        assert randomisation_test(first, second) == pytest.approx(theirs, abs=1e-9)


def test_it_is_symmetric_and_repeatable() -> None:
    generator = np.random.default_rng(1)
    first, second = generator.random(50), generator.random(50)
    p = randomisation_test(first, second)
    assert p == randomisation_test(second, first) == randomisation_test(first, second)
    assert p != randomisation_test(first, second, seed=9)


def test_random_rounds_never_give_zero() -> None:
    first = np.random.default_rng(1).random(100) + 5
    assert randomisation_test(first, np.zeros(100), rounds=999) == 0.001


def test_the_t_test_is_scipys() -> None:
    stats = pytest.importorskip("scipy.stats")
    generator = np.random.default_rng(2)
    first, second = generator.random(30), generator.random(30)
    assert paired_t_test(first, second) == pytest.approx(stats.ttest_rel(first, second).pvalue, rel=1e-9)
    assert paired_t_test([2, 3, 4], [1, 2, 3]) == 0.0


def test_a_t_test_by_hand() -> None:
    pytest.importorskip("scipy")
    # Differences 1, 2, 3: t = sqrt 12 with two degrees of freedom, and then p = 1 - t / sqrt(2 + t²).
    assert paired_t_test([1, 2, 3], [0, 0, 0]) == pytest.approx(1 - 12**0.5 / 14**0.5)


def test_holm_by_hand() -> None:
    # Sorted .01 .02 .03 .5 times 4 3 2 1: .04 .06 .06 .5, each at least the one before.
    assert holm([0.03, 0.5, 0.01, 0.02]) == pytest.approx([0.06, 0.5, 0.04, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_scores_must_pair() -> None:
    with pytest.raises(ValueError, match="same queries"):
        randomisation_test([1, 2], [1])
    with pytest.raises(ValueError, match="query 1 is not a number"):
        paired_t_test([1, float("nan")], [1, 2])
    with pytest.raises(ValueError, match="at least two"):
        paired_t_test([1], [0])
