"""Percentile bootstrap: how far a score may lie from the one that other queries would have given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

RESAMPLES = 1_000
LEVEL = 0.95
SEED = 0

Draws = NDArray[np.float64]
"""Shape (resamples,): the score of each resample."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over queries with its confidence interval."""

    mean: float
    low: float
    high: float


def resampled_means(values: ArrayLike, *, resamples: int = RESAMPLES, seed: int = SEED) -> Draws:
    """Means of `resamples` samples of n queries, drawn with replacement from n queries.

    The number of times that each distinct value is drawn is multinomial, so n draws need not be made one by
    one: a score with two values, such as R@1, costs one number a resample whatever n is.

    Args:
        values: shape (n,), one score a query.
        resamples: how many samples.
        seed: of the random numbers.

    Raises:
        ValueError: there are no values, or one of them is not a number.
    """
    distinct, counts = np.unique(_checked(values), return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(counts.sum(), counts / counts.sum(), size=resamples)
    means: Draws = drawn @ distinct / counts.sum()
    return means


def resampled_cluster_means(
    values: ArrayLike, clusters: ArrayLike, *, resamples: int = RESAMPLES, seed: int = SEED
) -> Draws:
    """Means of samples of whole clusters, such as all recordings of one sentence.

    Queries of one cluster are alike, so drawing them one by one would give too narrow an interval. A sample
    has as many clusters as there are; its mean is over its queries.

    Args:
        values: shape (n,), one score a query.
        clusters: shape (n,), the label of each query's cluster.
        resamples: how many samples.
        seed: of the random numbers.

    Raises:
        ValueError: there are no values, one is not a number, or the labels are more or fewer.
    """
    scores = _checked(values)
    labels = np.asarray(clusters)
    if labels.shape != scores.shape:
        raise ValueError(f"{len(scores)} scores need as many cluster labels, not {len(labels)}")
    _, members = np.unique(labels, return_inverse=True)
    kinds, counts = np.unique(
        np.stack([np.bincount(members, scores), np.bincount(members)]), axis=1, return_counts=True
    )
    drawn = np.random.default_rng(seed).multinomial(counts.sum(), counts / counts.sum(), size=resamples)
    sums, sizes = drawn @ kinds[0], drawn @ kinds[1]
    means: Draws = sums / sizes
    return means


def interval(mean: float, draws: Draws, level: float = LEVEL) -> Interval:
    """The percentile interval of a score from its resamples (Efron 1979).

    >>> interval(0.5, np.arange(101) / 100, level=0.9)
    Interval(mean=0.5, low=0.05, high=0.95)
    """
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Interval(mean, float(low), float(high))


def mean_interval(
    values: ArrayLike, *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = SEED
) -> Interval:
    """The mean of one score a query, shape (n,), and its interval; queries are what is drawn.

    Raises:
        ValueError: there are no values, or one of them is not a number.

    >>> mean_interval([1.0, 1.0, 1.0])
    Interval(mean=1.0, low=1.0, high=1.0)
    """
    draws = resampled_means(values, resamples=resamples, seed=seed)
    return interval(float(_checked(values).mean()), draws, level)


def mean_of_groups(
    groups: Sequence[ArrayLike], *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = SEED
) -> Interval:
    """The unweighted mean of the groups' means, such as of languages, and its interval.

    Queries are drawn inside each group; the groups are taken as given, so the interval says nothing about
    groups that were not measured.

    Raises:
        ValueError: there are no groups, or one of them is empty or holds what is not a number.
    """
    if not groups:
        raise ValueError("a mean over groups needs at least one group")
    draws = np.mean(
        [
            resampled_means(group, resamples=resamples, seed=seed + place)
            for place, group in enumerate(groups)
        ],
        axis=0,
    )
    return interval(float(np.mean([_checked(group).mean() for group in groups])), draws, level)


def _checked(values: ArrayLike) -> NDArray[np.float64]:
    scores = np.asarray(values, np.float64)
    if scores.ndim != 1 or not len(scores):
        raise ValueError(f"scores must be one number a query, at least one; got shape {scores.shape}")
    if not np.isfinite(scores).all():
        raise ValueError(f"the score of query {int(np.argmin(np.isfinite(scores)))} is not a number")
    return scores
