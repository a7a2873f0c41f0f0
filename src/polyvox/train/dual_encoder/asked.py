"""From recordings with units to pairs to learn from, and to the questions that measure a tower."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from polyvox.item import Modality
from polyvox.modules.unit_text import unit_text
from polyvox.train.dual_encoder.pairs import Pair, Side
from polyvox.train.dual_encoder.retrieval import Spoken
from polyvox.train.dual_encoder.speech_section import Speech
from polyvox.train.human_speech import Spoken as Utterance
from polyvox.train.rows import text_hash
from polyvox.train.split import Part

SEEN, UNSEEN, ENGLISH = "seen", "unseen", "english"
Units = Mapping[Path, Sequence[int]]


def spoken_pairs(speech: Speech, utterances: Sequence[Utterance], units: Units) -> list[Pair]:
    """Recordings to train on with their texts. Those that mean the same are not each other's negatives."""
    return [
        Pair(
            Side(Modality.SPEECH, one.language, unit_text(units[one.path])),
            Side(Modality.TEXT, one.language, one.text),
            text_hash(one.english or one.text),
        )
        for one in utterances
        if one.part is Part.TRAIN and one.language in speech.seen and one.path in units
    ]


def groups_of(
    speech: Speech, utterances: Sequence[Utterance], units: Units
) -> Mapping[str, Sequence[Spoken]]:
    """Test recordings: those of all languages with their text, and unseen ones with their English."""
    tested = [one for one in utterances if one.part is Part.TEST and one.path in units]
    written = {one.path: unit_text(units[one.path]) for one in tested}
    own = [Spoken(one.language, written[one.path], one.text, one.language) for one in tested]
    return {
        SEEN: [one for one in own if one.language in speech.seen],
        UNSEEN: [one for one in own if one.language in speech.unseen],
        ENGLISH: [
            Spoken(one.language, written[one.path], one.english, "en")
            for one in tested
            if one.language in speech.unseen and one.english
        ],
    }
