"""Parallel text for the stages: rows by source, blocks of them held out, pairs drawn by number."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from polyvox.errors import PolyvoxError
from polyvox.train.rows import clean, text_hash

_BLOCK = 20
_HELD_OUT_IN = 25
"""One block of rows that follow each other, in so many, is held out: a passage is whole on one side."""
_MOST_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Row:
    """One content: wordings by language, and its number in the source."""

    number: int
    texts: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Pair:
    """A text and its translation."""

    source: str
    target: str
    source_language: str
    target_language: str

    def __len__(self) -> int:
        return len(self.source) + len(self.target)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Rows by source, those to learn from and those held out.

    Attributes:
        train: to learn from.
        held_out: to measure only.
        shares: relative number of pairs from each source.
        pivot: the language in the middle.
    """

    train: Mapping[str, Sequence[Row]]
    held_out: Mapping[str, Sequence[Row]]
    shares: Mapping[str, float]
    pivot: str
    _found: dict[tuple[str, tuple[str, ...]], Sequence[Row]] = field(default_factory=dict, repr=False)

    def texts(self, languages: Sequence[str]) -> Iterator[str]:
        """Every training text in the languages."""
        for found in self.train.values():
            for row in found:
                for language in languages:
                    yield from row.texts.get(language, ())

    def pairs(
        self, count: int, dice: np.random.Generator, languages: Sequence[str], pivot_share: float
    ) -> list[Pair]:
        """Draw pairs of training texts; in each, one side at least is not the pivot.

        Args:
            count: how many.
            dice: draws.
            languages: that may be the source; the target may be any of them, or the pivot.
            pivot_share: probability that the target is the pivot.
        """
        names = sorted(self.shares)
        fitting = {name: self._fitting(name, languages) for name in names}
        odds = np.array([self.shares[name] * bool(fitting[name]) for name in names])
        if not odds.sum():
            raise PolyvoxError(f"no row has {self.pivot} and one of {', '.join(languages)}")
        found: list[Pair] = []
        for place in dice.choice(len(names), count, p=odds / odds.sum()):
            candidates = fitting[names[place]]
            row = candidates[int(dice.integers(len(candidates)))]
            found.append(self._pair(row, dice, languages, pivot_share))
        return found

    def _fitting(self, name: str, languages: Sequence[str]) -> Sequence[Row]:
        key = (name, tuple(languages))
        if key not in self._found:
            wanted = set(languages) - {self.pivot}
            self._found[key] = [
                row for row in self.train[name] if self.pivot in row.texts and wanted & set(row.texts)
            ]
        return self._found[key]

    def _pair(
        self, row: Row, dice: np.random.Generator, languages: Sequence[str], pivot_share: float
    ) -> Pair:
        others = [tag for tag in languages if tag in row.texts and tag != self.pivot]
        source = str(dice.choice(others))
        target = self.pivot
        if dice.random() >= pivot_share:
            # The other way round, or between two languages that are not the pivot.
            rest = [tag for tag in others if tag != source]
            target, source = (
                (str(dice.choice(rest)), source) if rest and dice.random() < 0.5 else (source, target)
            )
        texts = [str(dice.choice(np.array(row.texts[tag], object))) for tag in (source, target)]
        return Pair(texts[0], texts[1], source, target)


def read_corpus(
    folder: Path, shares: Mapping[str, float], languages: Sequence[str], pivot: str, unwanted: set[int]
) -> Corpus:
    """Read `train-<name>.jsonl.xz` of each source in the languages; `en#2` is a second wording in English.

    Raises:
        PolyvoxError: a file is missing, or a source has no translation between the languages.
    """
    train: dict[str, list[Row]] = {}
    held_out: dict[str, list[Row]] = {}
    for name in shares:
        path = folder / f"train-{name}.jsonl.xz"
        if not path.is_file():
            raise PolyvoxError(f"{path}: no such file; point --data at the folder that holds it")
        train[name], held_out[name] = [], []
        for number, raw in enumerate(_raw_rows(path)):
            texts = _wordings(raw, languages, unwanted)
            if len(texts) < 2:
                continue
            side = held_out if number // _BLOCK % _HELD_OUT_IN == 1 else train
            side[name].append(Row(number, texts))
        if not train[name]:
            raise PolyvoxError(f"{path}: has no translation between {', '.join(languages)}")
    return Corpus(train, held_out, shares, pivot)


def keep_corpus(corpus: Corpus, path: Path) -> None:
    """Write a corpus as JSON lines, whole or not at all."""
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as file:
        for side, sources in (("train", corpus.train), ("held_out", corpus.held_out)):
            for name, found in sources.items():
                file.writelines(
                    json.dumps([side, name, row.number, row.texts], ensure_ascii=False) + "\n"
                    for row in found
                )
    partial.replace(path)


def kept_corpus(path: Path, shares: Mapping[str, float], pivot: str) -> Corpus:
    """Read what `keep_corpus` wrote."""
    sides: dict[str, dict[str, list[Row]]] = {
        side: {name: [] for name in shares} for side in ("train", "held_out")
    }
    with path.open(encoding="utf-8") as file:
        for line in file:
            side, name, number, texts = json.loads(line)
            sides[side][name].append(Row(number, {tag: tuple(found) for tag, found in texts.items()}))
    return Corpus(sides["train"], sides["held_out"], shares, pivot)


def _raw_rows(path: Path) -> Iterator[dict[str, str]]:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _wordings(
    raw: Mapping[str, str], languages: Sequence[str], unwanted: set[int]
) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for tag, said in raw.items():
        language = tag.split("#")[0]
        if language not in languages:
            continue
        text = clean(said, language)[:_MOST_CHARACTERS]
        usable = sum(letter.isalpha() for letter in text) > 1
        if usable and not {text_hash(text), text_hash(said)} & unwanted:
            found.setdefault(language, []).append(text)
    return {language: tuple(texts) for language, texts in found.items()}


def same_texts(pairs: Sequence[Pair]) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """(N, N) bool, true where two pairs have the same text on either side: neither is a negative."""
    left = np.array([text_hash(pair.source) for pair in pairs], np.uint64)
    right = np.array([text_hash(pair.target) for pair in pairs], np.uint64)
    same: np.ndarray[tuple[int, int], np.dtype[np.bool_]] = (left[:, None] == left) | (
        right[:, None] == right
    )
    return same
