"""Systems through tasks, with every finished task kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from polyvox.encode.protocol import Encoder
from polyvox.errors import PolyvoxError
from polyvox.evaluate.across import AcrossLanguages
from polyvox.evaluate.declaration import Task
from polyvox.evaluate.folder import SCORES, Evaluation, Sample, SystemCard, summary_table, write_evaluation
from polyvox.evaluate.kept import Kept, TaskResult, joined
from polyvox.evaluate.measure import Measuring, Rows, Settings
from polyvox.evaluate.metrics import Evidence, metric
from polyvox.evaluate.pairs import measure_pairs
from polyvox.evaluate.problem import MIXED, Pairs, Problem, TaskError
from polyvox.evaluate.readers import problems
from polyvox.evaluate.revision import revision
from polyvox.evaluate.system import describe
from polyvox.evaluate.vectors import Vectoriser, Watch

MAP_POINTS = 100
"""Points that one problem gives to the map."""

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One system's evaluation, and what went wrong: tasks left out, each with its reason."""

    evaluation: Evaluation
    skipped: tuple[str, ...] = ()


def evaluate_encoder(
    encoder: Encoder,
    tasks: Sequence[Task],
    data: Path,
    out: Path,
    settings: Settings,
    *,
    report: Report = lambda line: None,
    watch: Watch | None = None,
) -> Outcome:
    """Measure one encoder on tasks and write its folder below `out`.

    A task that is finished there under the same circumstances is not measured again. A task that cannot be
    measured is reported and left out.

    Raises:
        PolyvoxError: a dimension is wider than the encoder's vectors.
    """
    _check_dimensions(encoder, settings)
    folder = out / _slug(encoder)
    kept = Kept(folder)
    skipped = []
    for task in tasks:
        try:
            _measure_once(encoder, task, data, kept, settings, report, watch)
        except PolyvoxError as error:
            skipped.append(f"{task.name}: {error}")
            report(f"skipped {skipped[-1]}")
    evaluation = kept.evaluation(describe(encoder, kept.cost()))
    write_evaluation(out, evaluation)
    return Outcome(evaluation, tuple(skipped))


def _check_dimensions(encoder: Encoder, settings: Settings) -> None:
    for dimension in settings.dimensions:
        if not 1 <= dimension <= encoder.card.dimension:
            raise PolyvoxError(
                f"{encoder.card.name} has vectors of {encoder.card.dimension} dimensions; "
                f"{dimension} is not among 1 to {encoder.card.dimension}"
            )


def _slug(encoder: Encoder) -> str:
    return SystemCard(encoder.card.name, encoder.card.fingerprint).slug


def _measure_once(
    encoder: Encoder,
    task: Task,
    data: Path,
    kept: Kept,
    settings: Settings,
    report: Report,
    watch: Watch | None,
) -> None:
    made_of = revision(task, data)
    circumstances = _circumstances(encoder, task, made_of, settings)
    if kept.has(task.name, circumstances):
        report(f"{task.name}: kept from an earlier run")
        return
    measuring = Measuring(task, made_of, [metric(name) for name in task.metrics], settings)
    result = measure_task(encoder, measuring, problems(task, data), report, watch)
    kept.add(task.name, circumstances, result)


def _circumstances(encoder: Encoder, task: Task, made_of: str, settings: Settings) -> str:
    """A digest of all that decides the numbers of a task."""
    declared = asdict(replace(task, columns=dict(task.columns), options=dict(task.options)))
    chosen = [settings.dimensions, sorted(settings.languages), settings.limit, settings.seed]
    told = json.dumps([encoder.card.fingerprint, made_of, declared, chosen], default=str, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def measure_task(
    encoder: Encoder,
    measuring: Measuring,
    given: Iterable[Problem | Pairs],
    report: Report = lambda line: None,
    watch: Watch | None = None,
) -> TaskResult:
    """Measure the problems of one task.

    Raises:
        TaskError: none of them can be measured, or the data is broken.
    """
    vectoriser = Vectoriser(encoder, watch)
    rows, samples, ranks = Rows(), [], AcrossLanguages(measuring)
    unheard: set[str] = set()
    for problem in _chosen(given, measuring.settings):
        if not _able(encoder, problem):
            unheard.add(problem.direction)
            continue
        if isinstance(problem, Pairs):
            measure_pairs(measuring, problem, vectoriser, rows)
            continue
        for dimension, evidence in measuring.measure(problem, vectoriser, rows).items():
            ranks.add(evidence, dimension)
            if evidence.documents is not None and dimension == max(
                measuring.settings.dimensions, default=dimension
            ):
                samples.append(_sample(evidence))
    rows.summary += ranks.rows()
    for direction in sorted(unheard):
        report(f"{measuring.task.name}: {direction} left out, {encoder.card.name} cannot encode that")
    if not rows.summary:
        raise TaskError(_nothing(measuring, unheard, encoder))
    for line in _absent(measuring, rows.summary):
        report(f"{measuring.task.name}: {line}")
    return TaskResult(
        scores=pa.concat_tables([SCORES.empty_table(), *rows.scores]).unify_dictionaries(),
        summary=summary_table(rows.summary),
        failures=rows.failures,
        sample=joined(samples),
        cost=vectoriser.cost,
    )


def _nothing(measuring: Measuring, unheard: set[str], encoder: Encoder) -> str:
    if unheard:
        able = " and ".join(sorted(encoder.card.modalities))
        return f"the task asks for {', '.join(sorted(unheard))}, but {encoder.card.name} encodes only {able}"
    if measuring.settings.languages:
        wanted = ", ".join(sorted(measuring.settings.languages))
        there = (
            f"; its languages are {', '.join(measuring.task.languages)}" if measuring.task.languages else ""
        )
        return f"none of its problems is in {wanted}{there}"
    return "its data has no queries; is it complete?"


def _absent(measuring: Measuring, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What was asked for and has no number."""
    measured = {row["metric"] for row in rows}
    metrics = [one.name for one in measuring.metrics if one.name not in measured]
    if metrics:
        yield f"no numbers for {', '.join(metrics)}; the data lacks what they need, such as texts or answers"
    found = {row[side] for row in rows for side in ("query_language", "document_language")}
    wide = {widest(language) for language in found}
    if languages := sorted(tag for tag in measuring.settings.languages if widest(tag) not in wide):
        yield f"has nothing in {', '.join(languages)}"


def _able(encoder: Encoder, problem: Problem | Pairs) -> bool:
    return {problem.query_modality, problem.document_modality} <= encoder.card.modalities


def _chosen(given: Iterable[Problem | Pairs], settings: Settings) -> Iterator[Problem | Pairs]:
    wanted = {widest(language) for language in settings.languages}
    for problem in given:
        languages = {problem.query_language, problem.document_language} - {MIXED}
        if not wanted or wanted & {widest(language) for language in languages}:
            yield problem


@lru_cache(maxsize=1024)
def widest(tag: str) -> str:
    """The language that a tag is of, by its macrolanguage: data sets write Swahili as `sw` or as `swh`.

    >>> widest("swh"), widest("cmn"), widest("pt-BR")
    ('sw', 'zh', 'pt-BR')
    """
    from langcodes import Language

    return Language.get(tag).prefer_macrolanguage().to_tag()


def _sample(evidence: Evidence) -> Sample:
    """Points for the map, half of them queries and half documents."""
    parts = []
    random = np.random.default_rng(0)
    sides = (
        (evidence.queries, [query.content for query in evidence.problem.queries]),
        (evidence.documents, [document.content for document in evidence.problem.documents]),
    )
    for vectors, contents in sides:
        assert vectors is not None  # noqa: S101 - told to mypy; the caller has looked
        keep = random.permutation(len(contents))[: MAP_POINTS // 2]
        chosen = [contents[place] for place in keep]
        parts.append(
            Sample(
                vectors[keep],
                np.array([str(c.modality) for c in chosen]),
                np.array([c.language for c in chosen]),
                np.array([c.text for c in chosen]),
            )
        )
    whole = joined(parts)
    assert whole is not None  # noqa: S101 - two parts make one
    return whole
