"""What a search returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from polyvox.item import Modality


@dataclass(frozen=True, slots=True)
class Source:
    """Where one retriever put a hit: `rank` counts from 1, `score` is in that retriever's own unit."""

    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that was found.

    `score` orders the hits of one search: the cosine for a dense search, BM25 for a lexical one, the sum of
    reciprocal ranks for a hybrid one. `sources` has, for each retriever that found the item ("dense",
    "lexical"), the rank and the score that it gave. `text` is None for speech; `start` and `end` are seconds.
    """

    id: str
    score: float
    path: str
    position: int
    modality: Modality
    language: str
    text: str | None = None
    start: float | None = None
    end: float | None = None
    locator: str = ""
    digest: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
