"""The texts of test recordings, so that a text model is not trained on what speech is measured with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from polyvox.train.human_speech import Spoken, human_speech
from polyvox.train.manifest import ManifestError
from polyvox.train.progress import say
from polyvox.train.rows import held_out_files, held_out_hashes, text_hash
from polyvox.train.split import Part, named_part

_MANIFEST = "manifest.tsv"


def tested_files(data: Path) -> list[Path]:
    """Every file below a data folder that says what is a test: those of text, and manifests of speech."""
    return [*held_out_files(data / "text"), *spoken_test_files(data / "speech")]


def tested_hashes(data: Path) -> set[int]:
    """Hashes of every text that no model may be trained on, of test files and of test recordings."""
    return held_out_hashes(held_out_files(data / "text")) | spoken_test_hashes(data / "speech")


def spoken_test_files(speech: Path) -> list[Path]:
    """The manifest of every set in a folder of speech."""
    return sorted(speech.glob(f"*/{_MANIFEST}"))


def spoken_test_hashes(speech: Path) -> set[int]:
    """Hashes (`text_hash`) of what the test recordings of all speech sets say, beside `held_out_hashes`.

    A recording is a test one where its manifest names a split other than `train`; where it names none, its
    meaning decides (`part_of`). Its texts are the transcript in its own language, as far as the manifest has
    one, the translation, and the English word of its key. A manifest that cannot be read is named on standard
    error and left out.

    Args:
        speech: folder that holds the sets; there is nothing to hold out where it is missing.
    """
    found: set[int] = set()
    for path in spoken_test_files(speech):
        try:
            tested = [one for one in human_speech(speech, [path.parent.name], {}) if _is_tested(one)]
        except ManifestError as error:
            say(f"its test texts are not kept out of training: {error}")
            continue
        found.update(text_hash(text) for one in tested for text in _texts(one) if any(map(str.isalnum, text)))
    return found


def _is_tested(one: Spoken) -> bool:
    return named_part(one.split, one.part) is Part.TEST


def _texts(one: Spoken) -> Iterator[str]:
    yield one.text
    yield one.english
