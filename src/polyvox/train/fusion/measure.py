"""Retrieval of texts by recordings, by width and by the number of singular components that are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.protocol import Vectors
from polyvox.evaluate.metrics.effective_rank import effective_rank
from polyvox.evaluate.metrics.reciprocal_rank import reciprocal_rank
from polyvox.evaluate.metrics.success import success
from polyvox.evaluate.search import Tie, relevant_pairs, search

Ranks = NDArray[np.float64]
COMPONENTS = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)


@dataclass(frozen=True, slots=True)
class Scores:
    """Means over all queries; one text of the pool is relevant to each, and ties are misses."""

    recall_1: float
    recall_10: float
    mrr: float
    ndcg_10: float


def scores(queries: Vectors, pool: Vectors, wanted: Sequence[str], texts: Sequence[str]) -> Scores:
    """Rank the pool for every query.

    With one relevant text, Recall@k is Hits@k, and nDCG@10 is 1 / log₂(1 + rank) up to rank 10.

    Args:
        queries: (Q, D) unit rows.
        pool: (N, D) unit rows.
        wanted: the text of each query.
        texts: of the pool, each once.
    """
    return scores_of(first_ranks(queries, pool, wanted, texts))


def first_ranks(queries: Vectors, pool: Vectors, wanted: Sequence[str], texts: Sequence[str]) -> Ranks:
    """Rank of the relevant text of each query, from 1, (Q,); the arguments are those of `scores`."""
    relevant = relevant_pairs([{text: 1} for text in wanted], texts)
    return search(queries, pool, relevant).first_ranks(Tie.PESSIMISTIC)


def scores_of(first: Ranks) -> Scores:
    """The means for ranks (Q,).

    >>> scores_of(np.array([1.0, 4.0])).mrr
    0.625
    """
    gains = np.where(first <= 10, 1 / np.log2(1 + first), 0.0)
    return Scores(
        recall_1=float(success(first, 1).mean()),
        recall_10=float(success(first, 10).mean()),
        mrr=float(reciprocal_rank(first).mean()),
        ndcg_10=float(gains.mean()),
    )


def chance(pool: int) -> Scores:
    """What random ranks reach on the mean: rank r with probability 1/N for each r."""
    ranks = np.arange(1, pool + 1)
    first = ranks[:10]
    return Scores(
        recall_1=1 / len(ranks),
        recall_10=len(first) / len(ranks),
        mrr=float((1 / ranks).mean()),
        ndcg_10=float((1 / np.log2(1 + first)).sum() / len(ranks)),
    )


@dataclass(frozen=True, slots=True)
class Spectrum:
    """How many components of the space carry the ranking.

    Attributes:
        mrr: by the number of components that are kept.
        queries_rank: effective rank of the recordings' vectors.
        pool_rank: effective rank of the texts' vectors.
        queries_share: share of the recordings' squared length in the kept components.
    """

    mrr: Mapping[int, float]
    queries_rank: float
    pool_rank: float
    queries_share: Mapping[int, float]


def spectrum(
    queries: Vectors, pool: Vectors, basis_of: Vectors, wanted: Sequence[str], texts: Sequence[str]
) -> Spectrum:
    """Rank with the first k right singular vectors of other texts, which no test text takes part in.

    Args:
        queries: (Q, D).
        pool: (N, D).
        basis_of: (M, D), whose singular vectors are taken, such as the texts that were trained on.
        wanted: the text of each query.
        texts: of the pool.
    """
    directions = np.linalg.svd(basis_of.astype(np.float64), full_matrices=False)[2].astype(np.float32)
    mrr, share = {}, {}
    for count in [one for one in COMPONENTS if one <= len(directions)]:
        kept = directions[:count].T
        short = queries @ kept
        mrr[count] = scores(_unit(short), _unit(pool @ kept), wanted, texts).mrr
        share[count] = float((short**2).sum() / (queries**2).sum())
    return Spectrum(mrr, effective_rank(queries), effective_rank(pool), share)


def _unit(vectors: Vectors) -> Vectors:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = vectors / np.maximum(norms, 1e-9)
    return unit
