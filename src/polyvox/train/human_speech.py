"""The human recordings of the shared data, with their part, meaning and the text that labels them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from polyvox.item import language_tag
from polyvox.train.manifest import Recording, read_manifest
from polyvox.train.parallel_text import column_of, rows
from polyvox.train.split import Part, meaning, part_of

_LANGUAGES = {"zh_CN": "zh", "zh_TW": "zh-Hant"}
_WITHOUT_ENGLISH = ("intro/",)
"""GCompris categories whose key names a game and not what is said."""

_ARABIC = {
    "zero": "صِفْر",
    "one": "واحِد",
    "two": "اِثْنان",
    "three": "ثَلاثة",
    "four": "أَرْبَعة",
    "five": "خَمْسة",
    "six": "سِتّة",
    "seven": "سَبْعة",
    "eight": "ثَمانية",
    "nine": "تِسْعة",
    "yes": "نَعَم",
    "no": "لا",
}
"""What the speakers of the Arabic set say, where the English word leaves no choice."""

_ENGLISH_DIGITS = dict(
    zip(
        "0123456789",
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
        strict=True,
    )
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """One recording with what is known of it.

    `text` is in the recording's language and empty when unknown; `given` says that it came with the
    recording and was not looked up by its meaning. `english` is empty when the meaning is unknown. `kind` is
    the first part of a GCompris key: words, geography, colors, misc, intro. `split` is what the manifest
    calls the recording's part, where it does; `part` knows the meaning alone.
    """

    path: Path
    source: str
    language: str
    key: str
    part: Part
    text: str
    given: bool
    english: str
    seconds: float
    kind: str = ""
    split: str = ""


def human_speech(
    folder: Path, sources: Sequence[str], names: Mapping[tuple[str, str], str]
) -> Iterator[Spoken]:
    """Read the manifests of the named sets in the `speech` folder.

    `names` gives the word of a language for an English word (see `translations`); it fills in missing text.

    Raises:
        ManifestError: a manifest is missing or damaged.
    """
    for source in sources:
        for recording in read_manifest(folder / source / "manifest.tsv"):
            yield _spoken(recording, folder / source, source, names)


def _spoken(recording: Recording, folder: Path, source: str, names: Mapping[tuple[str, str], str]) -> Spoken:
    language = language_tag(_LANGUAGES.get(recording.language, recording.language))
    what = meaning(recording.key, recording.translation, recording.transcript)
    english = _english(recording, what)
    text = _ENGLISH_DIGITS.get(recording.transcript, recording.transcript)
    if recording.language == "ar" and recording.translation in _ARABIC:
        text = _ARABIC[recording.translation]
    given = bool(text)
    if not text and english:
        text = names.get((language, english.casefold()), "")
    return Spoken(
        path=folder / recording.path,
        source=source,
        language=language,
        key=what if english else recording.key,
        part=part_of(what),
        text=text,
        given=given,
        english=english,
        seconds=recording.seconds,
        kind=recording.key.split("/")[0] if "/" in recording.key else "",
        split=recording.split,
    )


def _english(recording: Recording, what: str) -> str:
    if recording.key.startswith(_WITHOUT_ENGLISH):
        return ""
    if recording.translation and recording.translation not in _ENGLISH_DIGITS:
        return recording.translation
    return what


def translations(
    folder: Path, sources: Sequence[str], languages: Sequence[str]
) -> dict[tuple[str, str], str]:
    """The word for an English word by language, from parallel text; the first source that has it wins."""
    found: dict[tuple[str, str], str] = {}
    for source in sources:
        for row in rows(folder / f"{source}.jsonl.xz"):
            english = row.get("en", "").casefold()
            for language in languages if english else ():
                text = row.get(column_of(language), "")
                if text:
                    found.setdefault((language, english), text)
    return found
