"""The recordings of the recipe with their texts, and the texts that nothing may be trained on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from polyvox.errors import PolyvoxError
from polyvox.train.dual_encoder.speech_section import Speech
from polyvox.train.human_speech import Spoken, human_speech, translations
from polyvox.train.rows import held_out_files, held_out_hashes, text_hash
from polyvox.train.split import Part

_UNWANTED = "unwanted.json"


def utterances(speech: Speech, data: Path) -> list[Spoken]:
    """The recordings that have a text and are needed: seen ones to train on, and all that measure.

    They are in the order of the manifests.

    Raises:
        PolyvoxError: a language has none.
    """
    languages = (*speech.seen, *speech.unseen)
    names = translations(data / "text", speech.dictionary, languages)
    every = human_speech(data / "speech", speech.sets, names)
    needed = {(language, Part.TEST) for language in languages}
    needed |= {(language, Part.TRAIN) for language in speech.seen}
    found = [spoken for spoken in every if spoken.text and (spoken.language, spoken.part) in needed]
    heard = {spoken.language for spoken in found}
    if missing := [language for language in languages if language not in heard]:
        raise PolyvoxError(f"[speech]: no recording with a text in {', '.join(missing)}")
    return found


def unwanted_texts(spoken: Sequence[Spoken], data: Path, folder: Path) -> frozenset[int]:
    """Hashes of every test text: those of the recordings, their English, and the test files; kept on disk."""
    path = folder / _UNWANTED
    if not path.is_file():
        found = held_out_hashes(held_out_files(data / "text"))
        for one in spoken:
            if one.part is Part.TEST:
                found |= {text_hash(text) for text in (one.text, one.english) if text}
        folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(sorted(found)), encoding="utf-8")
        partial.replace(path)
    return frozenset(json.loads(path.read_text(encoding="utf-8")))
