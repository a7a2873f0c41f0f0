"""Pairs of texts for the text stage: the same content in two languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from polyvox.errors import PolyvoxError
from polyvox.train.fusion.sections import Small
from polyvox.train.parallel_text import rows
from polyvox.train.rows import clean, text_hash
from polyvox.train.spoken_tests import tested_hashes

_LONGEST_CHARACTERS = 240


@dataclass(frozen=True, slots=True)
class Corpus:
    """Rows of texts with the same content, by source, and how each source weighs in the draw."""

    sources: Sequence[Sequence[tuple[str, ...]]]
    weights: Sequence[float]

    def texts(self) -> list[str]:
        """Every text once a row."""
        return [text for source in self.sources for row in source for text in row]

    def draw(self, count: int, seed: int) -> list[tuple[str, str]]:
        """Random pairs; two texts of one row each, in random order.

        The same for the same seed, so that a resumed run draws what a killed one would have.
        """
        random = np.random.default_rng(seed)
        shares = np.array(self.weights) / sum(self.weights)
        pairs = []
        for number in random.choice(len(self.sources), count, p=shares).tolist():
            source = self.sources[number]
            row = source[int(random.integers(len(source)))]
            left, right = random.choice(len(row), 2, replace=False)
            pairs.append((row[left], row[right]))
        return pairs


def read_corpus(small: Small, data: Path) -> Corpus:
    """Read the sources of the text stage: cleaned, without any text of a test file or a test recording.

    Args:
        small: names sources and languages.
        data: folder that holds `text`, and `speech` where there is some.

    Raises:
        PolyvoxError: a source is missing or has no row in two of the languages.
    """
    text = data / "text"
    unwanted = tested_hashes(data)
    found = []
    for source in small.sources:
        path = text / f"train-{source}.jsonl.xz"
        if not path.is_file():
            raise PolyvoxError(f"{path}: no such file; correct [text.small.sources] or --data")
        found.append(_source(path, small.languages, unwanted))
        if not found[-1]:
            raise PolyvoxError(f"{path}: no row has two of {', '.join(small.languages)}")
    return Corpus(found, list(small.sources.values()))


def _source(path: Path, languages: Sequence[str], unwanted: set[int]) -> list[tuple[str, ...]]:
    kept = []
    for row in rows(path):
        distinct = {}
        for whole in (clean(row[language], language) for language in languages if language in row):
            text = whole[:_LONGEST_CHARACTERS]
            if any(map(str.isalpha, text)) and not {text_hash(text), text_hash(whole)} & unwanted:
                distinct[text_hash(text)] = text
        if len(distinct) > 1:
            kept.append(tuple(distinct.values()))
    return kept
