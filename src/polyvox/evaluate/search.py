"""Exact search over a whole pool, block by block, with ties counted and not resolved by chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Integers = NDArray[np.int64]

TOLERANCE = 1e-6
"""Scores closer than this are equal: it is the rounding error of a float32 product of unit vectors."""
QUERY_BLOCK = 1_024
DOCUMENT_BLOCK = 8_192
"""A block of scores takes 32 MiB, whatever the pool."""


FEW = 16
"""So many of the first documents are found by repeated search, more by partition."""


class Tie(StrEnum):
    """How a wrong document that scores as high as a right one is counted: before it, or after it."""

    PESSIMISTIC = "pessimistic"
    OPTIMISTIC = "optimistic"


@dataclass(frozen=True, slots=True, eq=False)
class Relevant:
    """The pairs of a query and a relevant document, sorted by query; `total` is R of each query, (Q,).

    `total` counts the wanted documents that the pool lacks too, so that they are missed and not forgotten.
    """

    query: Integers
    document: Integers
    grade: Integers
    total: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Where the relevant documents stand, P pairs sorted by query and then by falling score.

    `ahead` and `tied` count the wrong documents that score higher and as high, (P,). `top` holds the first
    documents of each query and `top_scores` their scores, (Q, k), best first, pool order among equals.
    `shown` says how many documents each query ranks, (Q,), where that is not the whole pool, as in a run.
    """

    query: Integers
    document: Integers
    grade: Integers
    score: Vectors
    ahead: Integers
    tied: Integers
    total: Integers
    pool: int
    top: Integers
    top_scores: Vectors
    shown: Integers | None = None

    def ranks(self, tie: Tie) -> Integers:
        """The rank of each pair's document among all documents, from 1, (P,)."""
        first = np.searchsorted(self.query, self.query)
        place = np.arange(len(self.query)) - first
        return 1 + place + self.ahead + (self.tied if tie is Tie.PESSIMISTIC else 0)

    def first_ranks(self, tie: Tie) -> NDArray[np.float64]:
        """The rank of each query's best relevant document, infinite where the pool holds none, (Q,)."""
        first = np.full(len(self.total), np.inf)
        np.minimum.at(first, self.query, self.ranks(tie))
        return first


def relevant_pairs(wanted: Sequence[dict[str, int]], labels: Sequence[str]) -> Relevant:
    """Match what each query wants against the labels of the documents."""
    places: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        places.setdefault(label, []).append(place)
    pairs = [
        (row, place, grade)
        for row, grades in enumerate(wanted)
        for label, grade in grades.items()
        for place in places.get(label, ())
    ]
    absent = [sum(label not in places for label in grades) for grades in wanted]
    query, document, grade = np.array(pairs, np.int64).reshape(-1, 3).T
    total = np.bincount(query, minlength=len(wanted)) + np.array(absent, np.int64)
    return Relevant(query, document, grade, total)


def search(queries: Vectors, documents: Vectors, relevant: Relevant, top: int = 10) -> Found:
    """Rank every document for every query by inner product.

    Args:
        queries: shape (Q, D).
        documents: shape (N, D).
        relevant: which pairs are right.
        top: how many of the first documents of each query to keep.
    """
    relevant = _by_score(queries, documents, relevant)
    score = _pair_scores(queries, documents, relevant)
    ahead, tied = np.zeros((2, len(score)), np.int64)
    top = min(top, len(documents))
    best = np.zeros((len(queries), top), np.int64)
    best_scores = np.full((len(queries), top), -np.inf, np.float32)
    for start in range(0, len(queries), QUERY_BLOCK):
        stop = min(start + QUERY_BLOCK, len(queries))
        low, high = np.searchsorted(relevant.query, [start, stop])
        pairs = slice(int(low), int(high))
        rows, columns = relevant.query[pairs] - start, relevant.document[pairs]
        for left, scores in _blocks(queries[start:stop], documents):
            _keep_best(best[start:stop], best_scores[start:stop], scores, left)
            inside = (columns >= left) & (columns < left + scores.shape[1])
            scores[rows[inside], columns[inside] - left] = -np.inf
            over, equal = _count(scores, rows, score[pairs])
            ahead[pairs] += over
            tied[pairs] += equal
    return Found(
        query=relevant.query,
        document=relevant.document,
        grade=relevant.grade,
        score=score,
        ahead=ahead,
        tied=tied,
        total=relevant.total,
        pool=len(documents),
        top=best,
        top_scores=best_scores,
    )


def put_last(found: Found, queries: NDArray[np.bool_], documents: NDArray[np.bool_]) -> Found:
    """The same, with every wrong document before a right one that has no vector, or whose query has none.

    Args:
        found: a ranking.
        queries: which queries have no vector, (Q,).
        documents: which documents have none, (N,).
    """
    lost = queries[found.query] | documents[found.document]
    order = np.lexsort((lost, found.query))
    wrong = found.pool - np.bincount(found.query, minlength=len(found.total))
    ahead = np.where(lost, wrong[found.query], found.ahead)
    return replace(
        found,
        query=found.query[order],
        document=found.document[order],
        grade=found.grade[order],
        score=found.score[order],
        ahead=ahead[order],
        tied=np.where(lost, 0, found.tied)[order],
    )


def nearest(queries: Vectors, documents: Vectors, top: int) -> tuple[Integers, Vectors]:
    """The `top` best documents of each query and their scores, (Q, top) each, best first."""
    none = Relevant(*(np.zeros(0, np.int64),) * 3, np.zeros(len(queries), np.int64))
    found = search(queries, documents, none, top)
    return found.top, found.top_scores


def _blocks(queries: Vectors, documents: Vectors) -> Iterator[tuple[int, Vectors]]:
    buffer = np.empty((len(queries), min(DOCUMENT_BLOCK, len(documents))), np.float32)
    for left in range(0, len(documents), DOCUMENT_BLOCK):
        block = documents[left : left + DOCUMENT_BLOCK]
        scores = buffer if len(block) == buffer.shape[1] else buffer[:, : len(block)].copy()
        np.matmul(queries, block.T, out=scores)
        yield left, scores


def _pair_scores(queries: Vectors, documents: Vectors, relevant: Relevant) -> Vectors:
    scores = np.empty(len(relevant.query), np.float32)
    for start in range(0, len(scores), DOCUMENT_BLOCK):
        part = slice(start, start + DOCUMENT_BLOCK)
        np.einsum(
            "pd,pd->p", queries[relevant.query[part]], documents[relevant.document[part]], out=scores[part]
        )
    return scores


def _by_score(queries: Vectors, documents: Vectors, relevant: Relevant) -> Relevant:
    scores = _pair_scores(queries, documents, relevant)
    order = np.lexsort((relevant.document, -scores, relevant.query))
    return Relevant(relevant.query[order], relevant.document[order], relevant.grade[order], relevant.total)


def _count(scores: Vectors, rows: Integers, wanted: Vectors) -> tuple[Integers, Integers]:
    """For each pair, how many scores of its row are higher than its own, and how many are equal."""
    whole = len(rows) == len(scores) and bool((rows == np.arange(len(rows))).all())
    of_pair = scores if whole else scores[rows]
    high = _true_by_row(of_pair >= (wanted - np.float32(TOLERANCE))[:, None])
    over = _true_by_row(of_pair > (wanted + np.float32(TOLERANCE))[:, None])
    return over, high - over


def _true_by_row(mask: NDArray[np.bool_]) -> Integers:
    """How many are true in each row; by bits, which takes half the time of `count_nonzero` with an axis."""
    counted: Integers = np.bitwise_count(np.packbits(mask, axis=1)).sum(axis=1, dtype=np.int64)
    return counted


def _keep_best(best: Integers, best_scores: Vectors, scores: Vectors, left: int) -> None:
    """Merge a block into the running best of each query; only what beats the last of them is looked at."""
    top = best.shape[1]
    if top == 0:
        return
    if left == 0:
        width = min(top, scores.shape[1])
        places = _largest(scores, width)
        best[:, :width], best_scores[:, :width] = places, np.take_along_axis(scores, places, 1)
        return
    row, column = np.divmod(np.flatnonzero(scores > best_scores[:, -1:]), scores.shape[1])
    rows, row_of = np.unique(row, return_inverse=True)
    if len(rows):
        better = row_of, column + left, scores[row, column]
        best[rows], best_scores[rows] = _merged(best[rows], best_scores[rows], *better)


def _merged(
    best: Integers, best_scores: Vectors, row: Integers, place: Integers, score: Vectors
) -> tuple[Integers, Vectors]:
    """The best of the running best and of what is better than the last of them, without a loop over rows."""
    top = best.shape[1]
    rows = np.concatenate([np.repeat(np.arange(len(best)), top), row])
    places = np.concatenate([best.ravel(), place])
    values = np.concatenate([best_scores.ravel(), score])
    order = np.lexsort((places, -values, rows))
    position = np.arange(len(order)) - np.searchsorted(rows[order], rows[order])
    first = order[position < top]
    return places[first].reshape(-1, top), values[first].reshape(-1, top)


def _largest(scores: Vectors, top: int) -> Integers:
    """Places of the largest `top` of each row, largest first, the earlier place first among equals."""
    if top <= FEW:
        return _largest_few(scores, top)
    if top >= scores.shape[1]:
        return np.argsort(-scores, axis=1, kind="stable")
    found = np.argpartition(-scores, top - 1, axis=1)[:, :top]
    found.sort(axis=1)
    order = np.argsort(-np.take_along_axis(scores, found, 1), axis=1, kind="stable")
    return np.take_along_axis(found, order, 1)


def _largest_few(scores: Vectors, top: int) -> Integers:
    """The same by looking for the largest again and again, which is faster than sorting for a few."""
    rows = np.arange(len(scores))
    found = np.empty((len(scores), top), np.int64)
    values = np.empty((len(scores), top), np.float32)
    for place in range(top):
        found[:, place] = scores.argmax(axis=1)
        values[:, place] = scores[rows, found[:, place]]
        scores[rows, found[:, place]] = -np.inf
    scores[rows[:, None], found] = values
    return found
