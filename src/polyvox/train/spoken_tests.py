"""The texts of test recordings, so that a text model is not trained on what speech is measured with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from polyvox.train.human_speech import Spoken, human_speech
from polyvox.train.rows import text_hash
from polyvox.train.split import Part

_MANIFEST = "manifest.tsv"
_TRAIN = "train"


def spoken_test_hashes(speech: Path, sources: Sequence[str] = ()) -> set[int]:
    """Hashes (`text_hash`) of what the test recordings of speech sets say, beside `held_out_hashes`.

    A recording is a test one where its manifest names a split other than `train`; where it names none, its
    meaning decides (`part_of`). Its texts are the transcript in its own language, as far as the manifest has
    one, the translation, and the English word of its key.

    Args:
        speech: folder that holds the sets; there is nothing to hold out where it is missing.
        sources: names of the sets; all that have a manifest where empty.

    Raises:
        ManifestError: a named set has no manifest, or one is damaged.
    """
    names = sources or sorted(path.parent.name for path in speech.glob(f"*/{_MANIFEST}"))
    return {
        text_hash(text)
        for one in human_speech(speech, names, {})
        if _is_tested(one)
        for text in _texts(one)
        if any(map(str.isalnum, text))
    }


def _is_tested(one: Spoken) -> bool:
    return one.split != _TRAIN if one.split else one.part is Part.TEST


def _texts(one: Spoken) -> Iterator[str]:
    yield one.text
    yield one.english
