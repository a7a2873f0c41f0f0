"""One problem, one system: every metric at every dimension, as rows of the evaluation folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from polyvox.encode.prefix import shortened
from polyvox.encode.protocol import Role, Vectors
from polyvox.evaluate.declaration import Task
from polyvox.evaluate.folder import SCORES, Answer, Failure
from polyvox.evaluate.metrics import Evidence, Measured, Metric
from polyvox.evaluate.metrics.metric import Values
from polyvox.evaluate.metrics.rank import ranks
from polyvox.evaluate.problem import Content, Problem
from polyvox.evaluate.search import Found, Tie, put_last, relevant_pairs, search
from polyvox.evaluate.vectors import Vectoriser

SHOWN = 3
"""Documents that a failure shows."""
FAILURES_A_LANGUAGE = 20
VISIBLE = 5e-4
"""Half of the third decimal place: a smaller difference between the tie rules is not reported."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides the numbers beside the system and the data.

    `limit` is the number of queries asked of each problem, all where None; the pool is always whole.
    """

    dimensions: tuple[int, ...] = ()
    languages: frozenset[str] = frozenset()
    limit: int | None = None
    seed: int = 0


@dataclass(slots=True)
class Rows:
    """What has been measured of a task so far."""

    scores: list[pa.Table] = field(default_factory=list)
    summary: list[dict[str, Any]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Measuring:
    """A task with its metrics, and the data's revision."""

    task: Task
    revision: str
    metrics: Sequence[Metric]
    settings: Settings

    def measure(self, problem: Problem, vectoriser: Vectoriser, rows: Rows) -> Mapping[int, Evidence]:
        """Measure a problem and add its rows; returns the evidence by dimension."""
        problem, sample = sampled(problem, self.settings)
        queries = vectoriser([query.content for query in problem.queries], Role.QUERY)
        documents = vectoriser.documents(problem.documents)
        dimensions = self.settings.dimensions or (queries.shape[1],)
        asked = [query.content for query in problem.queries]
        pool = [document.content for document in problem.documents]
        examples = [one for document in problem.documents for one in document.examples]
        unreadable = vectoriser.unreadable
        noted = [problem.note, sample, unreadable.note([*asked, *pool, *examples])]
        unread = unreadable.among(asked), unreadable.among(pool)
        seen = {}
        for dimension in dimensions:
            evidence = judged(
                problem, shortened(queries, dimension), shortened(documents, dimension), self.metrics
            )
            evidence = replace(evidence, found=put_last(evidence.found, *unread))
            seen[dimension] = evidence
            self.add_rows(evidence, dimension, "; ".join(filter(None, noted)), rows)
        rows.failures += failures(self.task.name, seen[max(dimensions)], self.settings.seed)
        return seen

    def add_rows(self, evidence: Evidence, dimension: int, note: str, rows: Rows) -> None:
        """Add the rows of one problem at one dimension."""
        key = self.key(evidence.problem, dimension)
        ids = [query.id for query in evidence.problem.queries]
        for metric in self.metrics:
            values = both_rules(metric, evidence)
            for tie, measured in values.items():
                own = key | {"metric": metric.name, "tie": str(tie)}
                rows.summary.append(
                    own
                    | self._circumstances(evidence, "; ".join(filter(None, [note, measured.note])), measured)
                )
                if measured.per_query is not None:
                    named = own | {"metric": metric.row or metric.name}
                    rows.scores.append(per_query_rows(named, ids, measured.per_query))

    def key(self, problem: Problem, dimension: int) -> dict[str, Any]:
        """The columns that say which problem and which vectors a row is about."""
        return {
            "task": self.task.name,
            "revision": self.revision,
            "direction": problem.direction,
            "query_language": problem.query_language,
            "document_language": problem.document_language,
            "query_modality": str(problem.query_modality),
            "document_modality": str(problem.document_modality),
            "dimension": dimension,
        }

    def _circumstances(self, evidence: Evidence, note: str, measured: Measured) -> dict[str, Any]:
        unanswerable = sum(
            not total and not query.answers
            for total, query in zip(evidence.found.total, evidence.problem.queries, strict=True)
        )
        if unanswerable:
            note = "; ".join(filter(None, [note, f"{unanswerable} queries want nothing and count as misses"]))
        return {
            "value": measured.value,
            "pool": evidence.found.pool,
            "queries": len(evidence.problem.queries),
            "seed": self.settings.seed,
            "relevance": str(self.task.relevance),
            "note": note,
        }


def judged(problem: Problem, queries: Vectors, documents: Vectors, metrics: Sequence[Metric]) -> Evidence:
    """Rank every document for every query."""
    relevant = relevant_pairs(
        [dict(query.wanted) for query in problem.queries], [document.label for document in problem.documents]
    )
    depth = max([SHOWN, *(metric.depth for metric in metrics)])
    return Evidence(problem, search(queries, documents, relevant, depth), queries, documents)


def both_rules(metric: Metric, evidence: Evidence) -> dict[Tie, Measured]:
    """The metric by the pessimistic rule, and by the optimistic one too where that makes a difference."""
    hard = metric.measure(evidence, Tie.PESSIMISTIC)
    if hard is None:
        return {}
    if not metric.tied:
        return {Tie.PESSIMISTIC: hard}
    easy = metric.measure(evidence, Tie.OPTIMISTIC)
    if easy is None or abs(easy.value - hard.value) < VISIBLE * max(1.0, abs(hard.value)):
        return {Tie.PESSIMISTIC: hard}
    return {Tie.PESSIMISTIC: hard, Tie.OPTIMISTIC: easy}


def sampled(problem: Problem, settings: Settings) -> tuple[Problem, str]:
    """The problem with a sample of its queries where a limit is set, and what to say about it."""
    total = len(problem.queries)
    if settings.limit is None or total <= settings.limit:
        return problem, ""
    chosen = np.random.default_rng(settings.seed).choice(total, settings.limit, replace=False)
    queries = [problem.queries[place] for place in sorted(chosen)]
    return replace(problem, queries=queries), f"sample of {settings.limit} of {total} queries, whole pool"


def per_query_rows(key: Mapping[str, Any], ids: Sequence[str], values: Values) -> pa.Table:
    """A table with the columns `SCORES`: one key, many queries."""
    columns: list[pa.Array] = []
    for column in SCORES:
        if column.name in key:
            once = pa.array(
                [key[column.name]], pa.string() if pa.types.is_dictionary(column.type) else column.type
            )
            columns.append(_repeated(once, len(ids), column.type))
    columns += [pa.array(ids, pa.string()), pa.array(np.asarray(values, np.float32))]
    return pa.table(columns, schema=SCORES)


def _repeated(once: pa.Array, times: int, kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(kind):
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(times, np.int32)), once)
    return pa.array(np.full(times, once[0].as_py()), kind)


def failures(task: str, evidence: Evidence, seed: int) -> list[Failure]:
    """A sample of the queries whose first hit is wrong."""
    found = evidence.found
    first = ranks(found.first_ranks(Tie.PESSIMISTIC), found.pool)
    wrong = np.flatnonzero(first > 1)
    chosen = np.random.default_rng(seed).permutation(wrong)[:FAILURES_A_LANGUAGE]
    return [_failure(task, evidence, int(row), int(first[row])) for row in sorted(chosen)]


def _failure(task: str, evidence: Evidence, row: int, rank: int) -> Failure:
    problem, found = evidence.problem, evidence.found
    query = problem.queries[row]
    best = np.searchsorted(found.query, row)
    known = best < len(found.query) and found.query[best] == row
    return Failure(
        task=task,
        query_language=problem.query_language,
        query_id=query.id,
        query_text=query.content.text,
        query_audio=audio_path(query.content),
        wanted_text=problem.documents[found.document[best]].content.text if known else "",
        got=list(_answers(problem, found, row)),
        rank=rank if known else 0,
    )


def _answers(problem: Problem, found: Found, row: int) -> Iterator[Answer]:
    for place, score in zip(found.top[row, :SHOWN], found.top_scores[row, :SHOWN], strict=True):
        content = problem.documents[place].content
        yield Answer(content.text, audio_path(content), round(float(score), 6))


def audio_path(content: Content) -> str | None:
    """Where a recording lies, if it is a file."""
    return None if content.audio is None or isinstance(content.audio, bytes) else str(content.audio)
