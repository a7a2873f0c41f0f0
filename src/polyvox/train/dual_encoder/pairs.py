"""Pairs to learn from, and the batches that are drawn of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from polyvox.item import UNKNOWN_LANGUAGE, Modality
from polyvox.modules.prefixes import Prefixes
from polyvox.train.dual_encoder.documents import Library
from polyvox.train.dual_encoder.dual_section import Dual
from polyvox.train.rows import text_hash

_BUCKET = 16
"""Batches that are cut from pairs sorted by language and length."""


@dataclass(frozen=True, slots=True)
class Side:
    """One half of a pair: what is written after the prefix, and what the prefix says."""

    modality: Modality
    language: str
    written: str

    def with_prefix(self, prefixes: Prefixes, *, known: bool = True) -> str:
        """What the model reads; a language that is not known is `und`."""
        return prefixes.before(self.modality, self.language if known else UNKNOWN_LANGUAGE) + self.written


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sides that mean the same; pairs with one `meaning` are not each other's negatives."""

    left: Side
    right: Side
    meaning: int


@dataclass(frozen=True, slots=True)
class Draw:
    """One pair of a batch as it is read: both sides with their prefixes."""

    left: str
    right: str
    meaning: int


def translation_pairs(library: Library, dual: Dual, languages: Sequence[str]) -> list[Pair]:
    """Short texts and their English, in the named languages."""
    pairs = []
    for source in dual.translation_sources:
        for row in library.train[source]:
            english = _short(library, row, "en", dual.longest)
            for language in languages if english else ():
                other = _short(library, row, language, dual.longest) if language != "en" else ""
                if other:
                    sides = Side(Modality.TEXT, language, other), Side(Modality.TEXT, "en", english)
                    pairs.append(Pair(*sides, text_hash(english)))
    return pairs


def _short(library: Library, row: Mapping[str, str], language: str, longest: int) -> str:
    return library.text(row, language) if 0 < len(row.get(language, "")) <= longest else ""


class PairDraws:
    """Batches of draws, as many as a run takes; the same for the same seed, so that a run can resume.

    A batch holds one kind of pairs and, as far as there are enough, one language and similar lengths: a
    language is told from another at once, and teaches nothing after that.

    Args:
        spoken: pairs of speech and text.
        translated: pairs of text and text.
        dual: shares and seed.
        prefixes: what stands before an input.
        batch: pairs in a batch.
        steps: batches.
    """

    def __init__(
        self,
        spoken: Sequence[Pair],
        translated: Sequence[Pair],
        dual: Dual,
        prefixes: Prefixes,
        batch: int,
        steps: int,
    ) -> None:
        self._kinds = (spoken, translated)
        self._dual, self._prefixes, self._batch, self._steps = dual, prefixes, batch, steps

    def __len__(self) -> int:
        return self._steps

    def __iter__(self) -> Iterator[list[Draw]]:
        chance = np.random.default_rng(self._dual.seed)
        kinds = [_batches(kind, self._batch, chance) if kind else None for kind in self._kinds]
        share = self._dual.translation if kinds[1] else 0.0
        for _ in range(self._steps):
            drawn = kinds[int(chance.random() < share)]
            assert drawn is not None  # noqa: S101 - there is always speech
            known = chance.random((self._batch, 2)) >= self._dual.unknown
            yield [self._written(pair, both) for pair, both in zip(next(drawn), known.tolist(), strict=False)]

    def _written(self, pair: Pair, known: Sequence[bool]) -> Draw:
        left = pair.left.with_prefix(self._prefixes, known=known[0])
        return Draw(left, pair.right.with_prefix(self._prefixes, known=known[1]), pair.meaning)


def _batches(pairs: Sequence[Pair], size: int, chance: np.random.Generator) -> Iterator[list[Pair]]:
    while True:
        order = chance.permutation(len(pairs))
        for begin in range(0, len(order), size * _BUCKET):
            bucket = sorted(order[begin : begin + size * _BUCKET], key=lambda place: _alike(pairs[place]))
            cuts = [bucket[start : start + size] for start in range(0, len(bucket), size)]
            for place in chance.permutation(len(cuts)):
                if len(cuts[place]) == min(size, len(pairs)):
                    yield [pairs[number] for number in cuts[place]]


def _alike(pair: Pair) -> tuple[str, int]:
    return pair.left.language, len(pair.left.written)
