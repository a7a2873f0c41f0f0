"""Recordings with the text that each is to meet, split into what is trained on and what is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from polyvox.errors import PolyvoxError
from polyvox.train.fusion.sections import Reader, SpeechSet
from polyvox.train.human_speech import human_speech
from polyvox.train.manifest import Recording, read_manifest
from polyvox.train.rows import text_hash
from polyvox.train.split import Part


@dataclass(frozen=True, slots=True)
class Pair:
    """A recording, the text that it is to meet, and what is said in it where that is known."""

    path: Path
    language: str
    text: str
    transcript: str = ""


@dataclass(frozen=True, slots=True)
class PairedSet:
    """What is trained on and what is measured; no text is on both sides, for which `leaked` were left out."""

    train: Sequence[Pair]
    test: Sequence[Pair]
    leaked: int = 0

    def pool(self) -> list[str]:
        """The texts to search in: those of the test pairs, each once, in order of appearance."""
        return list(dict.fromkeys(pair.text for pair in self.test))


def read_set(chosen: SpeechSet, speech: Path, seed: int) -> PairedSet:
    """Read a set.

    Args:
        chosen: the set.
        speech: folder that holds its sources.
        seed: of the order that `most` takes the first of.

    Raises:
        ManifestError: a manifest is missing or damaged.
        PolyvoxError: there is nothing to train on or nothing to measure.
    """
    train, test = _READERS[chosen.reader](chosen, speech)
    held = {text_hash(text) for pair in test for text in (pair.text, pair.transcript) if text}
    kept = [pair for pair in train if not {text_hash(pair.text), text_hash(pair.transcript)} & held]
    leaked = len(train) - len(kept)
    if chosen.most:
        order = np.random.default_rng(seed).permutation(len(kept))[: chosen.most]
        kept = [kept[place] for place in sorted(order)]
    if len(kept) < 2 or not test:
        raise PolyvoxError(
            f"[[sets]] {chosen.name}: {len(kept)} recordings to train on and {len(test)} to measure; "
            "correct train, test or sources"
        )
    return PairedSet(kept, test, leaked)


def shuffled(pairs: Sequence[Pair], seed: int) -> list[Pair]:
    """The same recordings, with the texts dealt out again at random: nothing can be learned from them."""
    order = np.random.default_rng([seed, 1]).permutation(len(pairs))
    return [
        Pair(pair.path, pair.language, pairs[place].text, pair.transcript)
        for pair, place in zip(pairs, order, strict=True)
    ]


def _split(chosen: SpeechSet, speech: Path) -> tuple[list[Pair], list[Pair]]:
    folder = speech / chosen.sources[0]
    recordings = [one for one in read_manifest(folder / "manifest.tsv") if one.translation]
    train = [_translated(one, folder) for one in recordings if one.split in chosen.train]
    return train, [_translated(one, folder) for one in recordings if one.split == chosen.test]


def _translated(one: Recording, folder: Path) -> Pair:
    return Pair(folder / one.path, one.language, one.translation, one.transcript)


def _meanings(chosen: SpeechSet, speech: Path) -> tuple[list[Pair], list[Pair]]:
    parts: dict[Part, list[Pair]] = {part: [] for part in Part}
    for one in human_speech(speech, chosen.sources, {}):
        if one.english:
            said = one.text if one.given else ""
            parts[one.part].append(Pair(one.path, one.language, one.english, said))
    return parts[Part.TRAIN], parts[Part.TEST]


_READERS: Mapping[Reader, Callable[[SpeechSet, Path], tuple[list[Pair], list[Pair]]]] = {
    Reader.SPLIT: _split,
    Reader.MEANINGS: _meanings,
}
