"""Recordings with their texts, parted for training, development and test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from polyvox.errors import PolyvoxError
from polyvox.train.rows import text_hash
from polyvox.train.split import Part


@dataclass(frozen=True, slots=True)
class Utterance:
    """A recording, what is said in it, and where it belongs.

    Attributes:
        path: of the recording.
        text: what is said.
        part: training, development or test.
        test: name of the test that a test recording belongs to.
        voices: `unseen` or `seen` where voices were chosen for it, else empty.
        speaker: who speaks; empty where unknown.
        others: the same content in other languages, by tag.
    """

    path: Path
    text: str
    part: Part
    test: str = ""
    voices: str = ""
    speaker: str = ""
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Corpus:
    """Everything that a run hears; `leaked` were left out of training because of a test text."""

    utterances: Sequence[Utterance]
    leaked: int = 0

    def of(self, part: Part) -> list[Utterance]:
        """The recordings of one part."""
        return [one for one in self.utterances if one.part is part]

    def tests(self) -> dict[str, list[Utterance]]:
        """The recordings of each test and kind of voices, in the order of their first appearance."""
        found: dict[str, list[Utterance]] = {}
        for one in self.of(Part.TEST):
            found.setdefault(f"{one.test}, {one.voices} voices" if one.voices else one.test, []).append(one)
        return found


def without_leaks(utterances: Iterable[Utterance]) -> Corpus:
    """Leave out of training and development what says a test text, and out of training what says theirs.

    Raises:
        PolyvoxError: a part is empty then.
    """
    everything = list(utterances)
    tested = {text_hash(one.text) for one in everything if one.part is Part.TEST}
    watched = {text_hash(one.text) for one in everything if one.part is Part.DEVELOPMENT}
    forbidden = {Part.TRAIN: tested | watched, Part.DEVELOPMENT: tested, Part.TEST: set[int]()}
    kept = [one for one in everything if text_hash(one.text) not in forbidden[one.part]]
    for part in Part:
        if not any(one.part is part for one in kept):
            raise PolyvoxError(f"there are no recordings for the {part} part; correct the recipe's data")
    return Corpus(kept, len(everything) - len(kept))


def readable(corpus: Corpus, can_be_read: Callable[[Path], bool]) -> Corpus:
    """Without the recordings that could not be read."""
    return replace(corpus, utterances=[one for one in corpus.utterances if can_be_read(one.path)])


def some(utterances: Sequence[Utterance], count: int, seed: int) -> list[Utterance]:
    """So many of them, drawn by the seed, in their order; all where `count` is 0."""
    order = np.random.default_rng([seed, 4]).permutation(len(utterances))
    return [utterances[place] for place in sorted(order[: count or None])]


def shuffled(utterances: Sequence[Utterance], seed: int) -> list[Utterance]:
    """The same recordings with their texts dealt out again at random: nothing can be learned from them."""
    order = np.random.default_rng([seed, 1]).permutation(len(utterances))
    return [replace(one, text=utterances[place].text) for one, place in zip(utterances, order, strict=True)]
