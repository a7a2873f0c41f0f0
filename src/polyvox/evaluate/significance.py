"""Is one system better than another, or could the same queries have fallen the other way round?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyvox.errors import MissingExtraError

ROUNDS = 10_000
SEED = 0
ALPHA = 0.05
_EXACT_QUERIES = 12
"""Up to so many differing queries, all ways of swapping the two systems are counted."""
_ROUNDING = 1e-9


def randomisation_test(
    first: ArrayLike, second: ArrayLike, *, rounds: int = ROUNDS, seed: int = SEED
) -> float:
    """Two-sided p-value of the paired randomisation test on the difference of means (Smucker et al. 2007).

    If the systems were alike, swapping their scores on any query would change nothing. The p-value is the
    share of swappings whose difference is at least as large as the observed one. It is exact where all
    differences have one size (then it is McNemar's exact test, as for R@1) or at most 12 queries differ; else
    it comes from random swappings and is (1 + as large) / (1 + rounds), never below 1 / (1 + rounds).

    Args:
        first: shape (n,), the scores of one system, a query each.
        second: shape (n,), the scores of the other on the same queries in the same order.
        rounds: random swappings.
        seed: of the random numbers.

    Raises:
        ValueError: the scores do not pair.

    >>> randomisation_test([1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0])
    0.0625
    """
    differences = _differences(first, second)
    sizes, counts = np.unique(np.abs(differences[differences != 0]), return_counts=True)
    if not len(sizes):
        return 1.0
    observed = abs(differences.sum()) - _ROUNDING * sizes.max()
    if len(sizes) == 1:
        return _two_sided_sign_test(int(counts[0]), round(abs(differences.sum()) / sizes[0]))
    if counts.sum() <= _EXACT_QUERIES:
        swapped = _all_signs(int(counts.sum())) @ np.repeat(sizes, counts)
        return float((np.abs(swapped) >= observed).mean())
    # Of c differences of one size, the number that keep their sign is binomial.
    kept = np.random.default_rng(seed).binomial(counts, 0.5, size=(rounds, len(counts)))
    swapped = (2 * kept - counts) @ sizes
    return float((1 + (np.abs(swapped) >= observed).sum()) / (1 + rounds))


def paired_t_test(first: ArrayLike, second: ArrayLike) -> float:
    """Two-sided p-value of Student's paired t-test; 1 where no query differs.

    Raises:
        ValueError: the scores do not pair, or there are fewer than two.
        MissingExtraError: scipy is not installed.
    """
    try:
        from scipy.stats import t
    except ImportError as error:
        raise MissingExtraError("evaluate", "the paired t-test") from error
    differences = _differences(first, second)
    n = len(differences)
    if n < 2:
        raise ValueError("a t-test needs at least two queries")
    if not differences.any():
        return 1.0
    spread = differences.std(ddof=1)
    if spread == 0:
        return 0.0
    return float(2 * t.sf(abs(differences.mean()) / (spread / np.sqrt(n)), n - 1))


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for the family of comparisons that they come from (Holm 1979), in the given order.

    The i-th smallest of m is multiplied by m - i + 1; none is smaller than the one before it nor above 1.
    Calling those below alpha significant keeps the chance of any false call below alpha.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p_values, np.float64)
    order = np.argsort(values, kind="stable")
    stepped = values[order] * np.arange(len(values), 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1)
    return [float(value) for value in adjusted]


def _differences(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if one.shape != other.shape or one.ndim != 1 or not len(one):
        raise ValueError(
            f"paired scores must be of the same queries; got shapes {one.shape} and {other.shape}"
        )
    differences: NDArray[np.float64] = one - other
    if not np.isfinite(differences).all():
        raise ValueError(f"a score of query {int(np.argmin(np.isfinite(differences)))} is not a number")
    return differences


def _two_sided_sign_test(differing: int, lead: int) -> float:
    """P(|wins - losses| ≥ lead) among `differing` fair coins; in logarithms, which do not overflow."""
    if lead == 0:
        return 1.0
    wins = np.arange(-(-(differing + lead) // 2), differing + 1)
    steps = np.log(np.arange(1, differing + 1))
    log_factorial = np.concatenate([[0.0], np.cumsum(steps)])
    logs = log_factorial[differing] - log_factorial[wins] - log_factorial[differing - wins]
    return float(min(1.0, 2 * np.exp(logs - differing * np.log(2)).sum()))


def _all_signs(count: int) -> NDArray[np.float64]:
    """Shape (2^count, count): every row of plus and minus ones."""
    bits = (np.arange(2**count)[:, None] >> np.arange(count)) & 1
    return np.asarray(1.0 - 2.0 * bits, np.float64)
