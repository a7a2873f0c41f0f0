"""Bootstrap intervals against values by hand, the binomial law, and scipy."""

from __future__ import annotations

import numpy as np
import pytest

from polyvox.evaluate.bootstrap import (
    interval,
    mean_interval,
    mean_of_groups,
    resampled_cluster_means,
    resampled_means,
)


def test_percentiles_are_those_of_the_resamples() -> None:
    found = interval(3.0, np.array([1.0, 2.0, 3.0, 4.0, 5.0]), level=0.5)
    assert (found.mean, found.low, found.high) == (3.0, 2.0, 4.0)


def test_every_resample_of_two_queries_is_one_of_three_means() -> None:
    draws = resampled_means([0.0, 1.0], resamples=4_000)
    values, counts = np.unique(draws, return_counts=True)
    np.testing.assert_array_equal(values, [0.0, 0.5, 1.0])
    np.testing.assert_allclose(counts / 4_000, [0.25, 0.5, 0.25], atol=0.03)


def test_a_share_spreads_as_the_binomial_law_says() -> None:
    found = mean_interval([1.0] * 30 + [0.0] * 70, resamples=20_000)
    assert found.mean == pytest.approx(0.3)
    # Quantiles of Binomial(100, 0.3) at 0.025 and 0.975 are 21 and 39.
    assert found.low == pytest.approx(0.21, abs=0.0101)
    assert found.high == pytest.approx(0.39, abs=0.0101)


def test_the_interval_is_scipys() -> None:
    stats = pytest.importorskip("scipy.stats")
    values = np.random.default_rng(3).beta(0.5, 1.5, size=80)
    ours = mean_interval(values, resamples=20_000, seed=1)
    theirs = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=20_000, rng=np.random.default_rng(2)
    ).confidence_interval
    assert ours.low == pytest.approx(theirs.low, abs=0.003)
    assert ours.high == pytest.approx(theirs.high, abs=0.003)


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(0).random(50)
    assert mean_interval(values, seed=7) == mean_interval(values, seed=7)
    assert mean_interval(values, seed=7) != mean_interval(values, seed=8)


def test_alike_queries_in_clusters_widen_the_interval() -> None:
    values = np.repeat([0.0, 1.0, 0.0, 1.0, 1.0, 0.0], 20)
    clusters = np.repeat(np.arange(6), 20)
    by_query = resampled_means(values)
    by_cluster = resampled_cluster_means(values, clusters)
    # One cluster counts like one query: sqrt(0.25 / 6) against sqrt(0.25 / 120).
    assert by_cluster.std() == pytest.approx((0.25 / 6) ** 0.5, rel=0.1)
    assert by_query.std() == pytest.approx((0.25 / 120) ** 0.5, rel=0.1)


def test_clusters_of_one_query_are_queries() -> None:
    values = np.random.default_rng(0).random(40)
    assert resampled_cluster_means(values, np.arange(40)).std() == pytest.approx(
        resampled_means(values).std(), rel=0.1
    )


def test_a_mean_of_languages_weighs_each_alike_and_draws_inside_them() -> None:
    found = mean_of_groups([[1.0] * 10, [0.0, 1.0]], resamples=8_000)
    assert found.mean == 0.75
    assert (found.low, found.high) == (0.5, 1.0)


@pytest.mark.parametrize(
    ("values", "message"), [([], "at least one"), ([0.1, float("nan")], "query 1 is not a number")]
)
def test_bad_scores_are_named(values: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mean_interval(values)


def test_labels_must_match() -> None:
    with pytest.raises(ValueError, match="as many cluster labels"):
        resampled_cluster_means([1.0, 2.0], ["a"])
    with pytest.raises(ValueError, match="at least one group"):
        mean_of_groups([])
