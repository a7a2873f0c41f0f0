"""Texts or recordings with a class: intents, topics, commands; with a few examples of each, or none.

`columns`: `label`, and `text` or `audio`; `language`, `split`; `unit` (an example is never a query).
`options`: `files`, `header`, `audio_folder` and `language` as for columns; `split`; `quoted`; `shots`;
`records = "squad"` for questions in SQuAD's layout. With 0 shots only the name of a class is known, in
`label_language`. With k, a class is the mean of k examples, which the option `seed` draws from `shots_split`,
or else from all rows; `shots_language` takes them from one language, for transfer.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from polyvox.evaluate.declaration import Task
from polyvox.evaluate.problem import Content, Document, Pairs, Problem, Query, TaskError
from polyvox.evaluate.readers.columns import audio_of
from polyvox.evaluate.readers.tabular import Row, files, needed, rows, value
from polyvox.evaluate.readers.xquad import squad_questions
from polyvox.item import Modality

LEAST_MEMBERS = 2
"""A class needs so many members beside its examples, or it is left out."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One row."""

    id: str
    content: Content
    label: str
    split: str
    unit: str


def read(task: Task, path: Path) -> Iterator[Problem | Pairs]:
    """One problem a language."""
    members: dict[str, list[Labelled]] = defaultdict(list)
    for one in _labelled(task, path):
        members[one.content.language].append(one)
    shots = int(task.options.get("shots", 0))
    for language, own in sorted(members.items()):
        source = (
            members[task.tag(task.options["shots_language"])] if "shots_language" in task.options else own
        )
        examples = _examples(task, source, shots) if shots else {}
        queries = _asked(task, own, examples)
        known = [one for one in queries if not shots or one.label in examples]
        if known:
            problem = _problem(task, language, known, examples, sorted(examples or {o.label for o in own}))
            left = len(queries) - len(known)
            said = f"{problem.note}, {left} queries of classes with too few left out"
            yield replace(problem, note=said) if left else problem


def _records(task: Task, file: Path) -> Iterator[Row]:
    if task.options.get("records") == "squad":
        return squad_questions(file)
    return rows(file, task.options.get("header", ()), quoted=task.options.get("quoted", False))


def _labelled(task: Task, path: Path) -> Iterator[Labelled]:
    for language, file in files(task, path, task.options.get("files", "*")):
        for number, row in enumerate(_records(task, file), 1):
            label = value(row, task.columns["label"])
            if label is None:
                continue
            own = str(value(row, task.columns.get("language", "language")) or language)
            tag = task.tag(own or task.options.get("language", ""))
            if "audio" in task.columns:
                heard = needed(task, file, number, row, task.columns["audio"])
                content = Content("", audio_of(task, path, file, heard, own), tag)
            else:
                content = Content(str(needed(task, file, number, row, task.columns["text"])), language=tag)
            split = str(value(row, task.columns.get("split", "split")) or "")
            identity = f"{file.stem}/{number}"
            unit = str(value(row, task.columns["unit"])) if "unit" in task.columns else identity
            yield Labelled(identity, content, str(label), split, unit)


def _examples(task: Task, members: Sequence[Labelled], shots: int) -> dict[str, list[Labelled]]:
    """A few of each class that has enough, the same ones for every system."""
    split = task.options.get("shots_split")
    by_class: dict[str, list[Labelled]] = defaultdict(list)
    for one in members:
        if split is None or one.split == split:
            by_class[one.label].append(one)
    draw = random.Random(int(task.options.get("seed", 0)))  # noqa: S311 - no secret
    return {
        label: draw.sample(own, shots)
        for label, own in sorted(by_class.items())
        if len(own) >= shots + (LEAST_MEMBERS if split is None else 0)
    }


def _asked(
    task: Task, members: Sequence[Labelled], examples: Mapping[str, Sequence[Labelled]]
) -> list[Labelled]:
    used = {one.unit for own in examples.values() for one in own}
    split = task.options.get("split")
    return [one for one in members if one.unit not in used and (split is None or one.split == split)]


def _problem(
    task: Task,
    language: str,
    queries: Sequence[Labelled],
    examples: Mapping[str, Sequence[Labelled]],
    classes: Sequence[str],
) -> Problem:
    tag = task.tag(task.options.get("label_language", "en"))
    if len(classes) < LEAST_MEMBERS:
        raise TaskError(f"task {task.name}: only one class in {language}, there is nothing to tell apart")
    kind = queries[0].content.modality
    return Problem(
        query_language=language,
        document_language=task.tag(task.options.get("shots_language", language)) if examples else tag,
        query_modality=kind,
        document_modality=kind if examples else Modality.TEXT,
        queries=[Query(one.id, one.content, {one.label: 1}) for one in queries],
        documents=[
            Document(
                label,
                label,
                Content(label.replace("_", " "), language=tag),
                tuple(one.content for one in examples.get(label, ())),
            )
            for label in classes
        ],
        note=f"{len(classes)} classes" + (f", {len(examples[classes[0]])} examples each" if examples else ""),
    )
