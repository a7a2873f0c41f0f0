"""Parallel data to problems: meanings in several languages, written or spoken, find each other."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from polyvox.evaluate.declaration import EACH, OTHERS, SAME, Direction, Pool, Relevance, Task
from polyvox.evaluate.problem import MIXED, Content, Document, Problem, Query
from polyvox.item import Modality


@dataclass(frozen=True, slots=True)
class Unit:
    """One meaning: all its texts and recordings. `asked` says that it may be a query.

    `kind` names how a synthetic negative was made, and is empty for real meanings.
    """

    id: str
    contents: tuple[Content, ...]
    asked: bool = True
    kind: str = ""


def normalised(text: str) -> str:
    """Compatibility-composed, case-folded, without punctuation, single spaces.

    >>> normalised("  What’s THIS?! ")
    'whats this'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = (sign for sign in folded if not unicodedata.category(sign).startswith(("P", "S")))
    return " ".join("".join(kept).split())


def parallel_problems(task: Task, units: Sequence[Unit]) -> Iterator[Problem]:
    """Every direction of the task, for each language pair that the data has."""
    sides = _Sides(units)
    for direction in task.directions:
        for asked in sides.languages(direction.query_modality, direction.query_language):
            for found in _found(direction, asked, sides):
                problem = _problem(task, sides, direction, asked, found)
                if problem is not None:
                    yield problem


def _found(direction: Direction, asked: str, sides: _Sides) -> Sequence[str]:
    """The languages that a query of one language is searched in, each in turn."""
    if direction.document_language == OTHERS:
        return [OTHERS]
    if direction.document_language == SAME:
        return [asked]
    found = sides.languages(direction.document_modality, direction.document_language)
    same_kind = direction.query_modality is direction.document_modality
    return [language for language in found if not (same_kind and language == asked)]


class _Sides:
    """The units with their contents sorted by modality and language."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self.units = units
        self._contents: dict[tuple[Modality, str], dict[int, list[Content]]] = {}
        for place, unit in enumerate(units):
            for content in dict.fromkeys(unit.contents):
                side = self._contents.setdefault((content.modality, content.language), {})
                side.setdefault(place, []).append(content)

    def languages(self, modality: Modality, wanted: str) -> list[str]:
        """The languages there are of a modality: one by name, or each."""
        return sorted(tag for kind, tag in self._contents if kind is modality and wanted in (EACH, tag))

    def of(self, modality: Modality, language: str) -> dict[int, list[Content]]:
        """The contents in one language, by unit."""
        return self._contents.get((modality, language), {})

    def not_of(self, modality: Modality, language: str) -> dict[int, list[Content]]:
        """The contents in all other languages, by unit."""
        found: dict[int, list[Content]] = {}
        for (kind, tag), side in self._contents.items():
            if kind is modality and tag != language:
                for place, contents in side.items():
                    found.setdefault(place, []).extend(contents)
        return dict(sorted(found.items()))


def _problem(task: Task, sides: _Sides, way: Direction, asked: str, found: str) -> Problem | None:
    questions = sides.of(way.query_modality, asked)
    side = sides.not_of if found == OTHERS else sides.of
    pool = side(way.document_modality, asked if found == OTHERS else found)
    documents, labels = _Documents(task.relevance), {}
    for place, contents in pool.items():
        unit = sides.units[place]
        if task.pool is Pool.ALL or place in questions or unit.kind:
            labels[place] = [documents.add(unit, content) for content in contents]
    queries = _queries(sides.units, questions, labels)
    if not queries:
        return None
    return Problem(
        query_language=asked,
        document_language=MIXED if found == OTHERS else found,
        query_modality=way.query_modality,
        document_modality=way.document_modality,
        queries=queries,
        documents=documents.all,
        note=documents.note,
        aligned=found != OTHERS and {way.query_modality, way.document_modality} == {Modality.TEXT},
    )


def _queries(
    units: Sequence[Unit], questions: Mapping[int, list[Content]], labels: Mapping[int, list[str]]
) -> list[Query]:
    """Every content of an asked unit that has an answer; equal texts want the answers of each other too."""
    answers: dict[str, dict[str, int]] = defaultdict(dict)
    asked = []
    for place, contents in questions.items():
        unit = units[place]
        if unit.asked and not unit.kind and place in labels:
            for content in contents:
                identity = content.text if content.modality is Modality.TEXT else unit.id
                answers[identity].update(dict.fromkeys(labels[place], 1))
                asked.append((identity, unit, content))
    return [
        Query(f"{unit.id}/{number}", content, dict(answers[identity]), instance=unit.id)
        for number, (identity, unit, content) in enumerate(asked)
    ]


class _Documents:
    """The pool: a text is in it once, however often the data has it; every recording is in it."""

    def __init__(self, relevance: Relevance) -> None:
        self._relevance = relevance
        self._texts: set[str] = set()
        self._repeated = 0
        self.all: list[Document] = []

    def add(self, unit: Unit, content: Content) -> str:
        """Put a content into the pool; returns its label."""
        if content.modality is Modality.SPEECH:
            label = f"meaning {unit.id}"
        else:
            label = normalised(content.text) if self._relevance is Relevance.NORMALISED else content.text
            if label in self._texts:
                self._repeated += 1
                return label
            self._texts.add(label)
        self.all.append(Document(f"{unit.id}/{len(self.all)}", label, content, kind=unit.kind))
        return label

    @property
    def note(self) -> str:
        """What was done about repeated texts."""
        return f"{self._repeated} repeated texts are in the pool once" if self._repeated else ""
