"""All recordings of a recipe, in one corpus: sentences that are spoken, people, manifests of the user's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

import numpy as np

from polyvox.errors import PolyvoxError
from polyvox.train.clasp.data_sections import People, Source
from polyvox.train.clasp.sections import ClaspRecipe
from polyvox.train.clasp.spoken_set import Sentence, choose_sentences, speak
from polyvox.train.clasp.utterances import Corpus, Utterance, without_leaks
from polyvox.train.human_speech import Spoken, human_speech
from polyvox.train.manifest import manifest_folder, read_manifest
from polyvox.train.order_file import write_json
from polyvox.train.progress import say_skipped
from polyvox.train.rows import text_hash
from polyvox.train.split import Part

PEOPLE = "people, English words"
_SENTENCES = "sentences.json"
_SPLITS: Mapping[str, Part] = {
    "train": Part.TRAIN,
    "development": Part.DEVELOPMENT,
    "dev": Part.DEVELOPMENT,
    "validation": Part.DEVELOPMENT,
    "test": Part.TEST,
}


def read_corpus(recipe: ClaspRecipe, data: Path, spoken: Path) -> Corpus:
    """Gather the recordings; sentences are spoken below `spoken` where they are not there yet.

    Raises:
        PolyvoxError: something is missing; the message says what.
    """
    found: list[Utterance] = []
    if recipe.sentences.sources:
        sentences = _sentences(recipe, data / "text", spoken)
        found += speak(recipe.sentences, sentences, spoken, recipe.seed)
    if recipe.people.sources:
        found += people(recipe.people, data / "speech", recipe.seed)
    for source in recipe.sources:
        found += _from_manifest(source, data)
    return without_leaks(found)


def _sentences(recipe: ClaspRecipe, text: Path, spoken: Path) -> list[Sentence]:
    """Draw the sentences, or read those that an earlier run drew for the same section and seed."""
    order = json.loads(json.dumps({"section": asdict(recipe.sentences), "seed": recipe.seed}))
    path = spoken / _SENTENCES
    if path.is_file():
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["order"] == order:
            return [
                Sentence(one["text"], Part(one["part"]), one["test"], tuple(map(tuple, one["others"])))
                for one in kept["sentences"]
            ]
    drawn = choose_sentences(recipe.sentences, text, recipe.seed)
    write_json(path, {"order": order, "sentences": [asdict(one) for one in drawn]})
    return drawn


def people(chosen: People, speech: Path, seed: int) -> Iterator[Utterance]:
    """Human recordings in one language; queries in others come from the recordings of the same meaning.

    Raises:
        ManifestError: a manifest is missing or damaged.
    """
    everything = [one for one in human_speech(speech, chosen.sources, {}) if one.english]
    others = _by_meaning(everything, chosen.language)
    own = [one for one in everything if one.language == chosen.language]
    order = np.random.default_rng([seed, 2]).permutation(len(own))
    ranked = sorted(zip(own, order, strict=True), key=lambda pair: (pair[0].english, pair[1]))
    for _, group in groupby(ranked, key=lambda pair: pair[0].english):
        for one, _place in list(group)[: chosen.most_a_text or None]:
            test = PEOPLE if one.part is Part.TEST else ""
            yield Utterance(one.path, one.english, one.part, test, "", one.source, others.get(one.key, ()))


def _by_meaning(everything: list[Spoken], own: str) -> dict[str, tuple[tuple[str, str], ...]]:
    """What the recordings of a meaning say in the other languages, by tag."""
    found: dict[str, dict[str, str]] = {}
    for one in everything:
        if one.given and one.text and one.language != own:
            found.setdefault(one.key, {}).setdefault(one.language, one.text)
    return {key: tuple(sorted(texts.items())) for key, texts in found.items()}


def _from_manifest(source: Source, data: Path) -> Iterator[Utterance]:
    path = data / source.path
    rows = read_manifest(
        path, columns=source.columns, language=source.language, needs=["transcript"], report=say_skipped
    )
    for row in rows:
        if row.split and row.split not in _SPLITS:
            raise PolyvoxError(f"{path}: the split {row.split!r} is not one of {', '.join(_SPLITS)}")
        part = _SPLITS[row.split] if row.split else _part(row.transcript)
        other = ((row.translation_language, row.translation),) if row.translation else ()
        test = source.name if part is Part.TEST else ""
        yield Utterance(manifest_folder(path) / row.path, row.transcript, part, test, "", row.speaker, other)


def _part(text: str) -> Part:
    """A tenth each for test and development, by the text."""
    return {0: Part.TEST, 1: Part.DEVELOPMENT}.get(text_hash(text) % 10, Part.TRAIN)
