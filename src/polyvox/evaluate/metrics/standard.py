"""The standard metrics by name: the few that every run needs, and any other through ir-measures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from polyvox.errors import MissingExtraError
from polyvox.evaluate.metrics.average_precision import average_precision
from polyvox.evaluate.metrics.metric import Evidence, Measured, Metric, Values
from polyvox.evaluate.metrics.ndcg import ndcg
from polyvox.evaluate.metrics.precision import precision
from polyvox.evaluate.metrics.rank import ranks
from polyvox.evaluate.metrics.recall import recall
from polyvox.evaluate.metrics.reciprocal_rank import reciprocal_rank
from polyvox.evaluate.metrics.success import success
from polyvox.evaluate.problem import TaskError
from polyvox.evaluate.search import Tie

if TYPE_CHECKING:
    from ir_measures import Measure

PerQuery = Callable[[Evidence, Tie], Values]


def averaged(
    name: str, per_query: PerQuery, *, lower_is_better: bool = False, depth: int = 0, row: str = ""
) -> Metric:
    """A metric that is the mean of what each query has."""

    def measure(evidence: Evidence, tie: Tie) -> Measured:
        return Measured.mean(per_query(evidence, tie))

    return Metric(name, measure, depth=depth, lower_is_better=lower_is_better, row=row)


def recall_at(cutoff: int) -> Metric:
    """R@k."""
    return averaged(
        f"R@{cutoff}", lambda e, tie: recall(e.found.query, e.found.ranks(tie), e.found.total, cutoff)
    )


def precision_at(cutoff: int) -> Metric:
    """P@k."""
    return averaged(
        f"P@{cutoff}",
        lambda e, tie: precision(e.found.query, e.found.ranks(tie), len(e.found.total), cutoff),
    )


def hits_at(cutoff: int) -> Metric:
    """Hits@k."""
    return averaged(f"Hits@{cutoff}", lambda e, tie: success(e.found.first_ranks(tie), cutoff))


def success_at(cutoff: int) -> Metric:
    """Hits@k by its other name."""
    return averaged(f"Success@{cutoff}", lambda e, tie: success(e.found.first_ranks(tie), cutoff))


def mrr() -> Metric:
    """MRR over the whole pool."""
    return averaged("MRR", lambda e, tie: reciprocal_rank(e.found.first_ranks(tie)))


def mrr_at(cutoff: int) -> Metric:
    """MRR, 0 beyond rank k."""
    return averaged(f"MRR@{cutoff}", lambda e, tie: reciprocal_rank(e.found.first_ranks(tie), cutoff))


def mean_average_precision() -> Metric:
    """MAP over the whole pool."""
    return averaged("MAP", lambda e, tie: average_precision(e.found.query, e.found.ranks(tie), e.found.total))


def ndcg_at(cutoff: int) -> Metric:
    """nDCG@k, linear gain."""

    def per_query(evidence: Evidence, tie: Tie) -> Values:
        found = evidence.found
        return ndcg(found.query, found.ranks(tie), found.grade, ideal_grades(evidence), cutoff)

    return averaged(f"nDCG@{cutoff}", per_query)


def ideal_grades(evidence: Evidence) -> list[list[int]]:
    """All grades of each query: of the documents that were ranked, and of wanted ones that were not."""
    found, documents = evidence.found, evidence.problem.documents
    grades: list[list[int]] = [[] for _ in found.total]
    ranked: list[set[str]] = [set() for _ in found.total]
    for query, place, grade in zip(
        found.query.tolist(), found.document.tolist(), found.grade.tolist(), strict=True
    ):
        grades[query].append(grade)
        ranked[query].add(documents[place].label)
    for own, seen, query in zip(grades, ranked, evidence.problem.queries, strict=True):
        own += [grade for label, grade in query.wanted.items() if label not in seen]
    return grades


def mean_rank() -> Metric:
    """The mean rank of the first relevant document."""
    return averaged(
        "mean rank",
        lambda e, tie: ranks(e.found.first_ranks(tie), e.found.pool),
        lower_is_better=True,
        row="rank",
    )


def median_rank() -> Metric:
    """The median rank of the first relevant document; its per-query values are those of the mean rank."""

    def measure(evidence: Evidence, tie: Tie) -> Measured:
        return Measured(float(np.median(ranks(evidence.found.first_ranks(tie), evidence.found.pool))))

    return Metric("median rank", measure, lower_is_better=True)


_NEEDS_MORE = frozenset(
    {"Accuracy", "Bpref", "infAP", "Judged", "NumQ", "NumRel", "NumRet", "SetAP", "SetF", "SetP"}
)
"""Measures of how long a ranking is or of which wrong documents were judged; whole pools have neither."""


def through_ir_measures(measure: Measure) -> Metric:
    """Any measure of ir-measures, on the ranking with its ties resolved.

    What follows the last relevant document changes none of them, so each ranking is cut there.
    """

    def per_query(evidence: Evidence, tie: Tie) -> Values:
        from ir_measures import iter_calc

        qrels, run = _as_run(evidence, tie)
        values = np.zeros(len(evidence.found.total))
        try:
            for one in iter_calc([measure], qrels, run):
                values[int(one.query_id)] = one.value
        except ValueError as error:
            raise TaskError(f"ir-measures cannot compute {measure} here: {error}") from error
        return values

    return averaged(str(measure), per_query)


def parsed(name: str) -> Metric | None:
    """The measure that ir-measures has under this name, if any.

    Raises:
        TaskError: it is a measure that whole pools do not have.
        MissingExtraError: ir-measures is not installed.
    """
    try:
        from ir_measures import parse_measure
    except ImportError as error:
        raise MissingExtraError("evaluate", f"the metric {name!r}") from error
    try:
        measure = parse_measure(name)
    except (NameError, ValueError, SyntaxError):
        return None
    if measure.NAME in _NEEDS_MORE:
        raise TaskError(
            f"{name}: counts the documents of a ranking or the wrong ones that were judged, but here the "
            "whole pool is ranked and only relevant documents are known; take one of ranks, such as nDCG@10"
        )
    return through_ir_measures(measure)


def _as_run(evidence: Evidence, tie: Tie) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, float]]]:
    found, order = evidence.found, evidence.found.ranks(tie)
    qrels: dict[str, dict[str, int]] = {
        str(query): {f"absent{n}": grade for n, grade in enumerate(grades)}
        for query, grades in enumerate(ideal_grades(evidence))
    }
    run: dict[str, dict[str, float]] = {query: {} for query in qrels}
    seen: dict[int, int] = {}
    for query, rank, grade in zip(found.query.tolist(), order.tolist(), found.grade.tolist(), strict=True):
        listed = run[str(query)]
        for filler in range(seen.get(query, 0) + 1, rank):
            listed[f"wrong{filler}"] = -float(filler)
        name = next(name for name, g in qrels[str(query)].items() if g == grade and name not in listed)
        listed[name] = -float(rank)
        seen[query] = rank
    return qrels, run
