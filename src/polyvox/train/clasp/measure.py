"""Retrieval in full pools, in both directions: ties are misses, and what is right is told by the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.protocol import Vectors
from polyvox.evaluate.metrics.reciprocal_rank import reciprocal_rank
from polyvox.evaluate.metrics.success import success
from polyvox.evaluate.search import Tie, relevant_pairs, search

Ranks = NDArray[np.float64]
SMALL_POOL = 100


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over queries.

    Attributes:
        queries: that were asked.
        pool: what was searched.
        recall_1: Hits@1.
        recall_10: Hits@10.
        mrr: mean reciprocal rank.
        mean_rank: mean rank of the best right one.
        recall_1_of_100: Hits@1 to be expected among the right one and 99 drawn at random from the pool.
    """

    queries: int
    pool: int
    recall_1: float
    recall_10: float
    mrr: float
    mean_rank: float
    recall_1_of_100: float


class Side(NamedTuple):
    """Vectors (N, D) with the text of each: of recordings, or of texts."""

    vectors: Vectors
    texts: Sequence[str]


def ranked(queries: Side, pool: Side) -> Ranks:
    """The rank of the best right one of the pool for each query, (Q,); several may be right."""
    relevant = relevant_pairs([{text: 1} for text in queries.texts], pool.texts)
    return search(queries.vectors, pool.vectors, relevant).first_ranks(Tie.PESSIMISTIC)


def figures(ranks: Ranks, pool: int) -> Figures:
    """The means of ranks in a pool.

    >>> figures(np.array([1.0, 3.0]), 4).mrr
    0.6666666666666666
    """
    return Figures(
        queries=len(ranks),
        pool=pool,
        recall_1=float(success(ranks, 1).mean()),
        recall_10=float(success(ranks, 10).mean()),
        mrr=float(reciprocal_rank(ranks).mean()),
        mean_rank=float(ranks.mean()),
        recall_1_of_100=float(first_of_few(ranks, pool, SMALL_POOL).mean()),
    )


def first_of_few(ranks: Ranks, pool: int, few: int) -> Ranks:
    """The chance of each query to be first among `few`: the right one and few - 1 others drawn at random.

    C(pool - rank, few - 1) / C(pool - 1, few - 1): none of the rank - 1 that are better is drawn. No draw is
    made, so there is no seed.

    >>> first_of_few(np.array([1.0, 2.0, 3.0]), 3, 2).tolist()
    [1.0, 0.5, 0.0]
    """
    drawn = min(few, pool) - 1
    better = ranks[:, None] - 1
    steps = np.arange(drawn)[None]
    missed: Ranks = np.prod(np.clip((pool - 1 - better - steps) / (pool - 1 - steps), 0, None), axis=1)
    return missed


def texts_once(texts: Sequence[str]) -> list[str]:
    """Each text once, in order of appearance."""
    return list(dict.fromkeys(texts))
