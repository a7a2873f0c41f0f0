"""A set like Speech Brown: English sentences spoken by synthesisers, with voices kept for the test."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from types import MappingProxyType

from polyvox.errors import PolyvoxError
from polyvox.train.casting import SpokenText
from polyvox.train.clasp.data_sections import Sentences
from polyvox.train.clasp.utterances import Utterance
from polyvox.train.engines import engines_named
from polyvox.train.manifest import read_manifest
from polyvox.train.parallel_text import rows, speakable
from polyvox.train.rows import text_hash
from polyvox.train.split import Part
from polyvox.train.synthesis import Finish, Format, synthesize

_FEWEST_WORDS = 3
HELD_OUT = "held-out sentences"
"""The test whose sentences come from the files of the training sentences."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its translations by tag, and where it belongs."""

    text: str
    part: Part
    test: str = ""
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Spoken:
    """One group of sentences that one group of voices speaks."""

    folder: str
    voices: str
    sentences: Sequence[Sentence]


def choose_sentences(chosen: Sentences, text: Path, seed: int) -> list[Sentence]:
    """Draw the sentences; no two of them are equal but for case and punctuation.

    Args:
        chosen: the section of the recipe.
        text: folder of the files.
        seed: of the draw.

    Raises:
        PolyvoxError: a file is missing, or there are too few sentences.
    """
    taken: set[int] = set()
    elsewhere = _elsewhere(chosen, text, seed, taken) if chosen.elsewhere else []
    counts = {Part.TEST: chosen.test, Part.DEVELOPMENT: chosen.development, Part.TRAIN: chosen.train}
    total = sum(chosen.sources.values())
    found: list[Sentence] = []
    for source, share in chosen.sources.items():
        pool = _pool(_file(text, source), chosen, random.Random(f"{seed}:{source}"), taken)  # noqa: S311
        for part, count in counts.items():
            least = chosen.test_shortest if part is Part.TEST else chosen.shortest
            wanted = round(count * share / total)
            drawn = [one for one in pool if len(one) >= least][:wanted]
            if len(drawn) < wanted:
                raise PolyvoxError(f"{source}: {len(drawn)} of {wanted} {part} sentences; lower its share")
            pool = [one for one in pool if one not in set(drawn)]
            found += [Sentence(one, part, HELD_OUT if part is Part.TEST else "") for one in drawn]
    return [*found, *elsewhere]


def speak(chosen: Sentences, sentences: Sequence[Sentence], out: Path, seed: int) -> list[Utterance]:
    """Speak what is not there yet, below `out`.

    Raises:
        MissingEngineError: a synthesiser is not installed.
        SynthesisStopError: the disk is full.
        PolyvoxError: a voice that is to be unseen is not there.
    """
    seen = _seen_voices(chosen)
    groups = [
        Spoken("train", "", [one for one in sentences if one.part is not Part.TEST]),
        Spoken("seen", "seen", [one for one in sentences if one.part is Part.TEST]),
        Spoken("unseen", "unseen", [one for one in sentences if one.part is Part.TEST]),
    ]
    found: list[Utterance] = []
    for number, group in enumerate(groups):
        texts = [SpokenText(one.text, "en") for one in group.sentences]
        voices = chosen.unseen_voices if group.folder == "unseen" else seen
        finish = Finish(Format.WAV, None, seed)
        report = synthesize(
            texts,
            out / group.folder,
            engines=chosen.engines,
            seed=seed + number,
            finish=finish,
            voices=voices,
        )
        found += _utterances(group, report.manifest)
    return found


def _utterances(group: Spoken, manifest: Path) -> list[Utterance]:
    by_text = {" ".join(one.text.split()): one for one in group.sentences}
    found = []
    for row in read_manifest(manifest):
        sentence = by_text[row.transcript]
        path = manifest.parent / row.path
        found.append(
            Utterance(
                path, sentence.text, sentence.part, sentence.test, group.voices, row.speaker, sentence.others
            )
        )
    return found


def _seen_voices(chosen: Sentences) -> list[str]:
    every = [
        f"{engine.name}:{voice}" for engine in engines_named(chosen.engines) for voice in engine.voices("en")
    ]
    missing = sorted(set(chosen.unseen_voices) - set(every))
    if missing:
        raise PolyvoxError(
            f"[sentences] unseen_voices: {missing[0]!r} is not installed; "
            "see polyvox synthesize --list-voices --language en"
        )
    return [voice for voice in every if voice not in chosen.unseen_voices]


def _file(text: Path, source: str) -> Path:
    path = text / f"{source}.jsonl.xz"
    if not path.is_file():
        raise PolyvoxError(f"{path}: no such file; correct [sentences] or --data")
    return path


def _pool(path: Path, chosen: Sentences, dice: random.Random, taken: set[int]) -> list[str]:
    """The sentences of a file that may be spoken, mixed; what is in `taken` is left out, and added to it."""
    pool = []
    for row in rows(path):
        text = " ".join(row.get(chosen.language, "").split())
        if _fits(text, chosen) and (digest := text_hash(text)) not in taken:
            taken.add(digest)
            pool.append(text)
    dice.shuffle(pool)
    return pool


def _fits(text: str, chosen: Sentences) -> bool:
    return (
        len(text) >= chosen.shortest
        and len(text.split()) >= _FEWEST_WORDS
        and text.isascii()
        and speakable(text, chosen.longest)
    )


def _elsewhere(chosen: Sentences, text: Path, seed: int, taken: set[int]) -> list[Sentence]:
    """Sentences that are tested only, drawn in turn for each language of the translations."""
    found: dict[str, dict[str, str]] = {}
    for row in rows(_file(text, chosen.elsewhere)):
        english = " ".join(row.get(chosen.elsewhere_language, "").split())
        if _fits(english, chosen):
            others = {tag: row[key] for tag, key in chosen.translations.items() if key in row}
            found.setdefault(english, {}).update(others)
    order = sorted(found)
    random.Random(f"{seed}:elsewhere").shuffle(order)  # noqa: S311 - a reproducible draw
    drawn: dict[int, Sentence] = {}
    for one in _in_turn(order, found, list(chosen.translations)):
        translations = tuple(sorted(found[one].items()))
        drawn.setdefault(text_hash(one), Sentence(one, Part.TEST, _title(chosen.elsewhere), translations))
        if len(drawn) == chosen.test:
            break
    taken |= drawn.keys()
    return list(drawn.values())


def _in_turn(order: Sequence[str], found: Mapping[str, Mapping[str, str]], tags: Sequence[str]) -> list[str]:
    """Sentences with a translation, language by language in turn; then those without any.

    >>> _in_turn(["a", "b", "c"], {"a": {"fr": ""}, "b": {"fr": ""}, "c": {"fa": ""}}, ["fr", "fa"])
    ['a', 'c', 'b']
    """
    columns = [[one for one in order if tag in found[one]] for tag in tags] or [list(order)]
    turns = (one for turn in zip_longest(*columns) for one in turn if one is not None)
    return list(dict.fromkeys([*turns, *(one for one in order if not found[one])]))


def _title(source: str) -> str:
    return _TITLES.get(source, source.removeprefix("test-"))


_TITLES: Mapping[str, str] = MappingProxyType({"test-tatoeba": "Tatoeba sentences"})
