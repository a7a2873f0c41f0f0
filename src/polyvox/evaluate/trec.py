"""TREC run files and judgements: any system's ranking, measured like ours."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa

from polyvox.evaluate.declaration import Relevance, Task
from polyvox.evaluate.folder import (
    SCORES,
    Evaluation,
    SystemCard,
    summary_table,
    write_evaluation,
)
from polyvox.evaluate.kept import Kept, TaskResult
from polyvox.evaluate.measure import Measuring, Rows, Settings
from polyvox.evaluate.metrics import Evidence, metric
from polyvox.evaluate.problem import Content, Document, Problem, Query, TaskError
from polyvox.evaluate.readers.lines import text_lines
from polyvox.evaluate.search import Found
from polyvox.evaluate.system import machine
from polyvox.evaluate.vectors import Cost
from polyvox.item import UNKNOWN_LANGUAGE, Modality

METRICS = ("Hits@1", "R@10", "R@100", "MRR", "MRR@10", "MAP", "nDCG@10", "AUC")
Number = TypeVar("Number", int, float)
Table = Mapping[str, Mapping[str, Number]]


def read_run(path: Path) -> dict[str, dict[str, float]]:
    """Read a run: lines of `query Q0 document rank score tag`; the order is by score.

    Raises:
        TaskError: a line is not of that form, a score is not a number, or a document comes twice for a query.
    """
    return _read(path, 6, 4, float, "query Q0 document rank score tag")


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Read judgements: lines of `query 0 document grade`.

    Raises:
        TaskError: a line is not of that form, or a document is judged twice for a query.
    """
    return _read(path, 4, 3, int, "query 0 document grade")


def _read(
    path: Path, columns: int, place: int, number: Callable[[str], Number], form: str
) -> dict[str, dict[str, Number]]:
    found: dict[str, dict[str, Number]] = {}
    for line, parts in _parts(path, columns, form):
        query, document = parts[0], parts[2]
        try:
            value = number(parts[place])
        except ValueError as error:
            raise TaskError(f"{path}, line {line}: {parts[place]!r} is not a number") from error
        if value != value:
            raise TaskError(f"{path}, line {line}: the score is NaN; a ranking needs numbers")
        own = found.setdefault(query, {})
        if document in own:
            raise TaskError(
                f"{path}, line {line}: query {query!r} has document {document!r} a second time; keep one"
            )
        own[document] = value
    if not found:
        raise TaskError(f"{path}: is empty; it needs lines of `{form}`")
    return found


def _parts(path: Path, columns: int, form: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text_lines(path), 1):
        parts = line.split()
        if not parts:
            continue
        if len(parts) != columns:
            raise TaskError(f"{path}, line {number}: has {len(parts)} columns and not `{form}`")
        yield number, parts


@dataclass(frozen=True, slots=True)
class Judged:
    """A run beside its judgements, as a problem and a ranking, and what is to be said about them."""

    evidence: Evidence
    note: str


def judge(run: Table[float], qrels: Table[int]) -> Judged:
    """Put a run and its judgements together: every query of either counts.

    A query without judgements, or that the run lacks, counts as a miss. The pool is every document that is
    named, as the run does not say how many there were; a relevant document that the run lacks is missed.
    """
    names = sorted({*qrels, *run})
    documents = sorted({d for table in (run, qrels) for one in names for d in table.get(one, {})})
    wanted = [{d: g for d, g in qrels.get(one, {}).items() if g > 0} for one in names]
    problem = Problem(
        query_language=UNKNOWN_LANGUAGE,
        document_language=UNKNOWN_LANGUAGE,
        query_modality=Modality.TEXT,
        document_modality=Modality.TEXT,
        queries=[Query(one, Content(), own) for one, own in zip(names, wanted, strict=True)],
        documents=[Document(one, one, Content()) for one in documents],
    )
    found = _found(names, documents, wanted, run)
    unjudged, absent = sum(one not in qrels for one in names), sum(one not in run for one in names)
    notes = [
        f"pool: the {len(documents)} documents that run and qrels name",
        f"{unjudged} queries of the run have no judgements and count as misses" if unjudged else "",
        f"{absent} queries are not in the run and count as misses" if absent else "",
    ]
    return Judged(Evidence(problem, found), "; ".join(filter(None, notes)))


def _found(names: list[str], documents: list[str], wanted: list[dict[str, int]], run: Table[float]) -> Found:
    place = {document: number for number, document in enumerate(documents)}
    rows: list[tuple[int, int, int, float, int, int]] = []
    top = np.zeros((len(names), 1), np.int64)
    top_scores = np.full((len(names), 1), -np.inf, np.float32)
    for query, (name, grades) in enumerate(zip(names, wanted, strict=True)):
        listed = run.get(name, {})
        if not listed:
            continue
        best = max(listed, key=lambda one: listed[one])
        top[query], top_scores[query] = place[best], listed[best]
        wrong = np.sort([score for one, score in listed.items() if one not in grades])
        right = sorted((one for one in grades if one in listed), key=lambda one: -listed[one])
        for one in right:
            low = int(np.searchsorted(wrong, listed[one], "left"))
            high = int(np.searchsorted(wrong, listed[one], "right"))
            rows.append((query, place[one], grades[one], listed[one], len(wrong) - high, high - low))
    columns = [np.array(column) for column in zip(*rows, strict=True)] or [np.zeros(0)] * 6
    return Found(
        query=columns[0].astype(np.int64),
        document=columns[1].astype(np.int64),
        grade=columns[2].astype(np.int64),
        score=columns[3].astype(np.float32),
        ahead=columns[4].astype(np.int64),
        tied=columns[5].astype(np.int64),
        total=np.array([len(grades) for grades in wanted], np.int64),
        pool=len(documents),
        top=top,
        top_scores=top_scores,
        shown=np.array([len(run.get(name, {})) for name in names], np.int64),
    )


def task_of(qrels: Path) -> Task:
    """The task that a file of judgements stands for, named after the file."""
    return Task(
        name=qrels.name.partition(".")[0],
        title=f"judgements of {qrels.name}",
        reader="",
        path=qrels.name,
        revision=f"sha256:{hashlib.sha256(qrels.read_bytes()).hexdigest()[:12]}",
        licence="",
        citation="",
        source="",
        languages=(),
        relevance=Relevance.QRELS,
        metrics=METRICS,
        primary="nDCG@10",
    )


def evaluate_run(run: Path, qrels: Path, out: Path) -> Evaluation:
    """Measure a run file and write its folder below `out`; the system is named after the file.

    Raises:
        TaskError: a file is missing or a line of it is wrong.
    """
    judged = judge(read_run(run), read_qrels(qrels))
    task = task_of(qrels)
    measuring = Measuring(task, task.revision, [metric(name) for name in METRICS], Settings())
    rows = Rows()
    measuring.add_rows(judged.evidence, 0, judged.note, rows)
    card = SystemCard(
        name=run.name,
        fingerprint=hashlib.sha256(run.name.encode()).hexdigest()[:16],
        source=str(run),
        polyvox=version("polyvox"),
        device=machine(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    kept = Kept(out / card.slug)
    scores = pa.concat_tables([SCORES.empty_table(), *rows.scores]).unify_dictionaries()
    digest = hashlib.sha256(run.read_bytes()).hexdigest()
    kept.add(task.name, digest, TaskResult(scores, summary_table(rows.summary), (), None, Cost()))
    evaluation = kept.evaluation(card)
    write_evaluation(out, evaluation)
    return evaluation
