"""What is measured: queries, the documents they are searched in, and which of these are relevant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from polyvox.errors import PolyvoxError
from polyvox.item import UNKNOWN_LANGUAGE, Modality

MIXED = "mul"
"""The BCP 47 tag of a pool that holds several languages."""


class TaskError(PolyvoxError):
    """A task cannot be measured; the message names the task, the file or the row, and says what to do."""


@dataclass(frozen=True, slots=True)
class Content:
    """A text, or a recording (a file, or the bytes of one) with the text that is known to be said in it."""

    text: str = ""
    audio: Path | bytes | None = None
    language: str = UNKNOWN_LANGUAGE

    @property
    def modality(self) -> Modality:
        """Whether this is read or heard."""
        return Modality.TEXT if self.audio is None else Modality.SPEECH


@dataclass(frozen=True, slots=True)
class Query:
    """A question and what answers it.

    `wanted` maps the labels of relevant documents to grades above 0. `instance` is the same for one question
    in several languages; `answers` are strings that a passage must contain, for token-budget recall.
    """

    id: str
    content: Content
    wanted: Mapping[str, int] = field(default_factory=dict)
    instance: str = ""
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One member of a pool.

    Documents with one `label` are the same thing (one text, one meaning), and are right or wrong together.
    A document with `examples` is a class, and its vector is the mean of theirs. `kind` names how a synthetic
    negative was made, and is empty for real documents.
    """

    id: str
    label: str
    content: Content
    examples: tuple[Content, ...] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Queries of one kind searched in one pool; one direction of one language pair of a task.

    Raises:
        TaskError: the pool is empty, there are no queries, or an identifier is missing or used twice.
    """

    query_language: str
    document_language: str
    query_modality: Modality
    document_modality: Modality
    queries: Sequence[Query]
    documents: Sequence[Document]
    note: str = ""
    aligned: bool = False
    """Whether queries and documents are translations one to one, as margin-based error rates need it."""

    def __post_init__(self) -> None:
        _check(self.name, "query", [query.id for query in self.queries])
        _check(self.name, "document", [document.id for document in self.documents])

    @property
    def direction(self) -> str:
        """What finds what, such as speech→text."""
        return f"{self.query_modality}→{self.document_modality}"

    @property
    def name(self) -> str:
        """The direction with its languages."""
        return f"{self.direction} {self.query_language}→{self.document_language}"


def _check(name: str, kind: str, ids: Sequence[str]) -> None:
    if not ids:
        raise TaskError(f"{name}: there is no {kind}; is the data complete, and are the languages in it?")
    seen: set[str] = set()
    for place, one in enumerate(ids, 1):
        if not one:
            raise TaskError(f"{name}: the {kind} in row {place} has no id; give every row one")
        if one in seen:
            raise TaskError(f"{name}: the {kind} id {one!r} is used again in row {place}; ids must be unique")
        seen.add(one)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two contents and how alike people find them."""

    id: str
    first: Content
    second: Content
    score: float


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of one language pair and one kind of content, for rank correlation."""

    query_language: str
    document_language: str
    query_modality: Modality
    document_modality: Modality
    pairs: Sequence[Pair]
    note: str = ""

    @property
    def direction(self) -> str:
        """The two modalities."""
        return f"{self.query_modality}→{self.document_modality}"

    @property
    def name(self) -> str:
        """The direction with its languages."""
        return f"{self.direction} {self.query_language}→{self.document_language}"
