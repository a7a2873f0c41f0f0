"""Join the words of a speech tower to a light text model: lexicon and `model.json`.

Nothing is trained, so it can be done again whenever the text tower or the words change.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from polyvox.encode.lexicon import KEYS_FILE, LEXICON_FILE
from polyvox.encode.lexicon_languages import LANGUAGES_FILE
from polyvox.encode.manifest import file_hashes, read_manifest, write_manifest
from polyvox.encode.speech import MODEL_FILE
from polyvox.encode.static import StaticTextTower
from polyvox.item import Modality
from polyvox.modules.word_tower import WordTower
from polyvox.train.export_speech import MAX_SECONDS, OPSET, Storage
from polyvox.train.lexicon import KnownWord, write_lexicon
from polyvox.train.speech_recipe import SpeechRecipe

_KEYS_AT_ONCE = 4096


def add_lexicon(recipe: SpeechRecipe, tower: WordTower, words: list[KnownWord], folder: Path) -> int:
    """Write the files of the lexicon beside a text half; gives the number of its pronunciations."""
    spoken = list(dict.fromkeys(word.sounds for word in words))
    with torch.inference_mode():
        keys = torch.cat(
            [
                tower.keys(spoken[begin : begin + _KEYS_AT_ONCE])
                for begin in range(0, len(spoken), _KEYS_AT_ONCE)
            ]
        ).numpy()
    text, config = StaticTextTower.load(folder), recipe.known_words()
    return write_lexicon(
        words,
        keys,
        text,
        folder,
        config,
        recipe.word_search(),
        told=recipe.told_search(),
        guessed=recipe.guessed_search(),
    )


def enter_words(folder: Path, storage: Storage, known: int) -> None:
    """Enter network and lexicon, of `known` pronunciations, in `model.json`.

    Raises:
        PolyvoxError: the folder holds no light model.
    """
    manifest = read_manifest(folder)
    files = file_hashes(folder, [MODEL_FILE, LEXICON_FILE, KEYS_FILE, LANGUAGES_FILE])
    entered = replace(
        manifest,
        modalities=manifest.modalities | {Modality.SPEECH},
        files={**manifest.files, **files},
        max_seconds=MAX_SECONDS,
        export={**manifest.export, "opset": OPSET, "speech_weights": str(storage), "pronunciations": known},
    )
    write_manifest(folder, entered)
