"""Normalised discounted cumulative gain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from polyvox.evaluate.metrics.metric import Values
from polyvox.evaluate.search import Integers


def ndcg(
    query: Integers, rank: Integers, grade: Integers, ideal: Sequence[Sequence[int]], cutoff: int
) -> Values:
    """nDCG@k = DCG@k / ideal DCG@k with DCG@k = Σ_{rank ≤ k} grade / log2(rank + 1), of each query.

    Järvelin and Kekäläinen, TOIS 2002, with the gain linear in the grade as in trec_eval; the exponential
    gain 2^grade − 1 that others use differs only where grades above 1 occur.

    Args:
        query: the query of each relevant document, (P,).
        rank: its rank from 1, (P,).
        grade: its grade, (P,).
        ideal: all grades of each query, in any order.
        cutoff: k.

    >>> ndcg(np.array([0]), np.array([3]), np.array([1]), [[1]], 10).tolist()  # 1 / log2(4)
    [0.5]
    """
    gain = np.where(rank <= cutoff, grade / np.log2(rank + 1), 0.0)
    reached = np.bincount(query, weights=gain, minlength=len(ideal))
    discounts = 1 / np.log2(np.arange(2, cutoff + 2))
    best = np.array(
        [np.dot(sorted(grades, reverse=True)[:cutoff], discounts[: len(grades)]) for grades in ideal]
    )
    values: Values = np.divide(reached, best, out=np.zeros(len(ideal)), where=best > 0)
    return values
