"""Transfer to intents that are spoken: by the nearest name of a class, and from a few examples of each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from polyvox.encode.protocol import Vectors
from polyvox.evaluate.declaration import Task, find_tasks
from polyvox.evaluate.problem import Content, Document, Problem
from polyvox.evaluate.readers import problems
from polyvox.evaluate.search import Tie, relevant_pairs, search
from polyvox.train.fusion.rows import Pair
from polyvox.train.fusion.sections import Intents

Hear = Callable[[Sequence[Pair]], Vectors]
Read = Callable[[Sequence[str]], Vectors]


def intent_problems(intents: Intents, data: Path, seed: int) -> dict[str, Problem]:
    """The two measurements by name: `nearest label`, and `16-shot` or what the recipe says.

    Raises:
        TaskError: there is no such task, or its data is not there.
    """
    task = find_tasks([intents.task])[0]
    few = replace(task, options={**task.options, "shots": intents.shots, "seed": seed})
    return {"nearest label": _first(task, data), f"{intents.shots}-shot": _first(few, data)}


def _first(task: Task, data: Path) -> Problem:
    return next(problem for problem in problems(task, data) if isinstance(problem, Problem))


def readable(given: Mapping[str, Problem], unreadable: Collection[Path]) -> dict[str, Problem]:
    """The problems without the recordings that cannot be read; one without any query left is left out."""
    kept = {}
    for name, problem in given.items():
        queries = [query for query in problem.queries if query.content.audio not in unreadable]
        documents = [_with_readable(document, unreadable) for document in problem.documents]
        whole = [
            document
            for document, before in zip(documents, problem.documents, strict=True)
            if document.examples or not before.examples
        ]
        if queries and whole:
            kept[name] = replace(problem, queries=queries, documents=whole)
    return kept


def _with_readable(document: Document, unreadable: Collection[Path]) -> Document:
    return replace(document, examples=tuple(one for one in document.examples if one.audio not in unreadable))


def recordings(given: Mapping[str, Problem]) -> list[Path]:
    """Every recording of the problems, once."""
    contents = [content for problem in given.values() for content in _contents(problem)]
    return list(dict.fromkeys(content.audio for content in contents if isinstance(content.audio, Path)))


def _contents(problem: Problem) -> list[Content]:
    examples = [one for document in problem.documents for one in document.examples]
    return [query.content for query in problem.queries] + examples


def accuracy(problem: Problem, hear: Hear, read: Read) -> float:
    """Share of recordings whose nearest class is right; ties are misses.

    Args:
        problem: with or without examples.
        hear: recordings to unit vectors.
        read: texts to unit vectors of the same space.
    """
    queries = hear([_pair(query.content) for query in problem.queries])
    if any(document.examples for document in problem.documents):
        means = [hear([_pair(one) for one in document.examples]).mean(0) for document in problem.documents]
        classes = np.stack([mean / max(float(np.linalg.norm(mean)), 1e-9) for mean in means])
    else:
        classes = read([document.content.text for document in problem.documents])
    wanted = [dict(query.wanted) for query in problem.queries]
    relevant = relevant_pairs(wanted, [document.label for document in problem.documents])
    found = search(queries, np.asarray(classes, np.float32), relevant)
    return float((found.first_ranks(Tie.PESSIMISTIC) == 1).mean())


def largest_class(problem: Problem) -> float:
    """What always naming the most frequent class reaches."""
    labels = [next(iter(query.wanted)) for query in problem.queries]
    return max(map(labels.count, set(labels))) / len(labels)


def _pair(content: Content) -> Pair:
    return Pair(Path(str(content.audio)), content.language, "")
