"""Train the speech tower of a recipe: sounds first, words second.

    python -m polyvox.train.speech_tower RECIPE --data DATA --synthetic DIR --out DIR

Every stage keeps a checkpoint in `--out` and goes on from it. `--out` also gets the finished tower, `tower/`,
and the words that it knows, `words.tsv`. Neither depends on a text model: `polyvox export` joins
them to one.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import torch

from polyvox.modules.sounds import Sounds
from polyvox.modules.word_tower import WordTower
from polyvox.train.claims import claim
from polyvox.train.device import training_device
from polyvox.train.feature_store import Example, FeatureStore, build_store
from polyvox.train.further import prepared
from polyvox.train.human_speech import Spoken, human_speech, translations
from polyvox.train.languages import espeak_voice
from polyvox.train.lexicon import read_words, save_words
from polyvox.train.manifest import read_manifest
from polyvox.train.phonemes import ipa, phones
from polyvox.train.sounds import error_rates, inventory, train_sounds
from polyvox.train.speech_batches import SpeechSource
from polyvox.train.speech_recipe import SpeechRecipe, load_speech_recipe
from polyvox.train.split import Part
from polyvox.train.word_spotting import SpokenText, confusions, train_spotter

WORDS_FILE = "words.tsv"


def human_examples(recipe: SpeechRecipe, data: Path) -> list[Example]:
    """The human recordings to learn from or to watch progress on; test meanings are left out here."""
    sources = list(recipe.human)
    languages = sorted({spoken.language for spoken in human_speech(data / "speech", sources, {})})
    names = translations(data / "text", recipe.dictionary, languages)
    return [
        _example(spoken, 1 if spoken.part is Part.DEVELOPMENT else recipe.human[spoken.source])
        for spoken in human_speech(data / "speech", sources, names)
        if spoken.part is not Part.TEST
        and spoken.language not in recipe.unheard
        and spoken.seconds <= recipe.longest_seconds
    ]


def _example(spoken: Spoken, copies: int) -> Example:
    return Example(
        path=str(spoken.path),
        source=spoken.source,
        language=spoken.language,
        part=spoken.part,
        phones=_phones(spoken.text, spoken.language),
        text=spoken.text,
        english=spoken.english,
        key=spoken.key,
        copies=copies,
    )


def synthetic_examples(recipe: SpeechRecipe, folder: Path) -> list[Example]:
    """The recordings of a synthesis run."""
    return [
        Example(
            path=str(folder / recording.path),
            source="synthetic",
            language=recording.language,
            part=Part.TRAIN,
            phones=_phones(recording.transcript, recording.language),
            text=recording.transcript,
            english=recording.translation,
            key=recording.key,
        )
        for recording in read_manifest(folder / "manifest.tsv")
        if recording.seconds <= recipe.longest_seconds
    ]


def _phones(text: str, language: str) -> tuple[str, ...]:
    return tuple(phones(ipa(text, language))) if text and espeak_voice(language) else ()


def grouped(
    stores: Sequence[FeatureStore], part: Part, *, labelled: bool
) -> dict[str, list[tuple[int, int]]]:
    """Rows of a part by source; `labelled` keeps those with sounds for CTC, else those with a meaning."""
    groups: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for store_number, store in enumerate(stores):
        for number, row in enumerate(store.rows):
            example = row.example
            sounds_fit = bool(example.phones) and row.frames >= 4 * (len(example.phones) + 1)
            wanted = sounds_fit if labelled else bool(example.text or example.english)
            if example.part == part and wanted:
                groups[example.source].append((store_number, number))
    return dict(groups)


def train(recipe: SpeechRecipe, data: Path, synthetic: Path, out: Path) -> Path:
    """Train both stages and save the tower.

    Returns:
        The folder of the finished tower.

    Raises:
        PolyvoxError: data or recipe cannot be used; the message says why.
    """
    out.mkdir(parents=True, exist_ok=True)
    stores = [
        build_store(human_examples(recipe, data), out / "human", recipe.distortions(), recipe.seed),
        build_store(
            synthetic_examples(recipe, synthetic), out / "synthetic", recipe.distortions(), recipe.seed
        ),
    ]
    sounds = _inventory(recipe, stores, out)
    ears = learn_sounds(recipe, stores, sounds, out)
    torch.manual_seed(recipe.stage_two().seed)
    tower = WordTower(sounds, ears.finished.config, recipe.spotter_config(len(sounds)))
    tower.sounds.load_state_dict(ears.finished.cpu().state_dict())
    return learn_words(recipe, stores, tower, ears, data, out)


def _inventory(recipe: SpeechRecipe, stores: Sequence[FeatureStore], out: Path) -> list[str]:
    path = out / "sounds.json"
    if not path.exists():
        spoken = (row.example.phones for store in stores for row in store.rows)
        found = inventory(spoken, recipe.least_sounds)
        path.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    return list(json.loads(path.read_text(encoding="utf-8")))


class Ears(NamedTuple):
    """Stage one: the finished network, that of the first part, and what the first part was made by."""

    finished: Sounds
    first: Sounds
    first_made_by: Mapping[str, object]


def learn_sounds(
    recipe: SpeechRecipe, stores: Sequence[FeatureStore], sounds: Sequence[str], out: Path
) -> Ears:
    """Stage one, all parts of it; prints phone error rates of development words after each part.

    Raises:
        PolyvoxError: a part was begun with other settings, or its loss is not a number.
    """
    training = recipe.stage_one()
    torch.manual_seed(training.seed)
    lower = Sounds(recipe.sounds_config(len(sounds))).to(training_device())
    source = SpeechSource(stores, grouped(stores, Part.TRAIN, labelled=True), training.shares)
    made_by: dict[str, object] = {
        "recordings": _checksum(stores),
        "[speech] seed": recipe.seed,
        "[speech.augmentation]": asdict(recipe.distortions()),
        "[speech.sizes.sounds]": asdict(lower.config),
        "[speech.sounds]": asdict(training),
    }
    claim(out, "sounds", made_by)
    train_sounds(lower, source, sounds, training, out)
    _say_errors(lower, stores, sounds)
    first, first_made_by = copy.deepcopy(lower), dict(made_by)
    for number, part in enumerate(recipe.further_parts(), start=2):
        name = f"sounds-{number}"
        made_by[name] = asdict(part)
        claim(out, name, made_by)
        lower, learned = prepared(lower, source, part, sounds, out / f"{name}.spikes.npz")
        train_sounds(lower, learned, sounds, part, out, name=name)
        _say_errors(lower, stores, sounds)
    return Ears(lower, first, first_made_by)


def _checksum(stores: Sequence[FeatureStore]) -> str:
    """Of the recordings in their order: path, part, sounds and frames."""
    summed = hashlib.sha256()
    for row in (row for store in stores for row in store.rows):
        example = row.example
        summed.update(f"{example.path}\t{example.part}\t{' '.join(example.phones)}\t{row.frames}\n".encode())
    return summed.hexdigest()


def _say_errors(lower: Sounds, stores: Sequence[FeatureStore], sounds: Sequence[str]) -> None:
    groups = grouped(stores, Part.DEVELOPMENT, labelled=True)
    watched = [place for places in groups.values() for place in places]
    for name, rate in error_rates(lower, SpeechSource(stores, groups, {}), watched, sounds).items():
        sys.stderr.write(f"phone error rate, development words of {name}: {rate:.3f}\n")


def learn_words(
    recipe: SpeechRecipe,
    stores: Sequence[FeatureStore],
    tower: WordTower,
    ears: Ears,
    data: Path,
    out: Path,
) -> Path:
    """Stage two, on text alone; saves `out/tower` and `out/words.tsv`.

    Words are misheard as the first part of stage one mishears them, which is more often than the finished
    network does: that found more development words.

    Raises:
        PolyvoxError: it was begun with other settings, or its loss is not a number.
    """
    training = recipe.stage_two()
    made_by = {
        **ears.first_made_by,
        "[speech.sizes.spotter]": asdict(tower.spotter.config),
        "[speech.lexicon]": asdict(recipe.known_words()),
        "[speech.spotting]": asdict(training),
    }
    claim(out, "spotter", made_by)
    numbers = {sound: number for number, sound in enumerate(tower.inventory) if sound}
    spoken = [language for language in training.shares if espeak_voice(language)]
    words, spans = read_words(recipe.known_words(), data / "text", spoken, numbers)
    save_words(words, out / WORDS_FILE)
    heard = SpeechSource(stores, grouped(stores, Part.TRAIN, labelled=False), recipe.stage_one().shares)
    confusion = confusions(ears.first.eval(), heard, 20)
    tower.eval()
    tower.to(training_device())
    train_spotter(tower, SpokenText(words, spans, training.shares), confusion, training, out)
    tower.blank_bias = recipe.blank_bias
    tower.cpu().save(out / "tower")
    return out / "tower"


def main() -> None:
    """The command line of this module."""
    parser = argparse.ArgumentParser(description="Train the speech tower of a recipe.")
    parser.add_argument("recipe", type=Path, help="folder with recipe.toml")
    parser.add_argument("--data", type=Path, required=True, help="folder of the shared data")
    parser.add_argument(
        "--synthetic", type=Path, required=True, help="folder that `polyvox synthesize` wrote"
    )
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    torch.set_num_threads(1)
    tower = train(load_speech_recipe(given.recipe), given.data, given.synthetic, given.out)
    sys.stderr.write(f"{tower}\n")


if __name__ == "__main__":
    main()
