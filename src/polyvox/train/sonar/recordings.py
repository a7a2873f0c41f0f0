"""The recordings of the speech stage with the text whose vector they learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from polyvox.errors import PolyvoxError
from polyvox.item import language_tag
from polyvox.train.manifest import Recording, read_manifest
from polyvox.train.rows import text_hash
from polyvox.train.split import Part, meaning, named_part, part_of


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording and its text; `english` is empty where it is not known."""

    path: Path
    language: str
    text: str
    text_language: str
    english: str
    part: Part


def read_recordings(
    folder: Path, sets: Sequence[str], languages: Sequence[str], known: Sequence[str]
) -> list[Heard]:
    """The recordings in the languages that have a text in a known one, without leaks.

    The text is the transcript where the text model knows the recording's language, else the translation. What
    the manifest calls another split than `train` is test; where it names none, the meaning decides. Training
    recordings with the text of a test recording are left out.

    Raises:
        PolyvoxError: there is no recording to train on, or none to test.
    """
    found = [
        heard
        for name in sets
        for recording in read_manifest(folder / name / "manifest.tsv")
        if (heard := _heard(recording, folder / name, known)) and heard.language in languages
    ]
    tested = {text_hash(heard.text) for heard in found if heard.part is Part.TEST}
    kept = [heard for heard in found if heard.part is Part.TEST or text_hash(heard.text) not in tested]
    if {heard.part is Part.TEST for heard in kept} != {True, False}:
        raise PolyvoxError(f"[speech]: {', '.join(sets)} have nothing to train on, or nothing to test")
    return kept


def _heard(recording: Recording, folder: Path, known: Sequence[str]) -> Heard | None:
    language = language_tag(recording.language)
    text, text_language = recording.transcript, language
    if language not in known:
        text, text_language = recording.translation, recording.translation_language
    if not text or text_language not in known or text.startswith("{"):
        return None
    what = meaning(recording.key, recording.translation, recording.transcript)
    part = named_part(recording.split, part_of(what))
    return Heard(folder / recording.path, language, text, text_language, _english(recording, what), part)


def _english(recording: Recording, what: str) -> str:
    if recording.translation_language == "en":
        return recording.translation
    is_word = "/" in recording.key and not recording.key.startswith("intro/")
    return what if is_word else ""
