"""Voices as questions: what they may be asked, what they are told, and how the kinds of hits mix."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.index.conftest import HashedWords

from polyvox.encode.protocol import Role, Vectors
from polyvox.index import Index
from polyvox.item import Audio, Item


def test_a_voice_cannot_be_searched_by_words(greetings: Index) -> None:
    with pytest.raises(ValueError, match="needs a query in words"):
        greetings.search(Audio(np.ones(9, np.float32)), mode="hybrid")


class _Listener(HashedWords):
    """Notes which languages it is told."""

    def encode_speech(self, recordings: Sequence[Audio], *, role: Role = Role.PASSAGE) -> Vectors:
        self.told = [recording.languages for recording in recordings]
        return super().encode_speech(recordings, role=role)


def test_the_language_of_a_recording_and_of_a_question_reaches_the_model(tmp_path: Path) -> None:
    listener = _Listener()
    index = Index.create(tmp_path / "index", listener)
    voice = Audio(np.full(160, 0.5, np.float32))
    index.add([Item(voice, language="sw"), Item(Audio(np.full(160, 0.25, np.float32)))])
    assert listener.told == [("sw",), ()]
    index.search(voice, limit=1)
    assert listener.told == [()]
    (hit,) = index.search(voice, limit=1, spoken="swa")
    assert listener.told == [("sw",)]
    assert hit.language == "sw"
    index.search(voice, limit=1, spoken=["sw", "en"])
    assert listener.told == [("sw", "en")]
    with pytest.raises(ValueError, match="voice"):
        index.search("fish", spoken="sw")
    with pytest.raises(ValueError, match="BCP 47"):
        index.search(voice, spoken="not a tag")


def test_a_voice_finds_texts_and_recordings_in_turn(greetings: Index) -> None:
    voice = Audio(np.full(160, 0.5, np.float32))
    hits = greetings.search(voice, limit=4)
    assert [str(hit.modality) for hit in hits[:2]] == ["speech", "text"]
    assert [hit.sources["dense"].rank for hit in hits[:2]] == [1, 1], "each kind has a ranking of its own"
    assert hits[0].score == pytest.approx(1 / 61)
    texts = greetings.search(voice, limit=2, modality="text")
    assert hits[1].id == texts[0].id
    assert texts[0].score == pytest.approx(texts[0].sources["dense"].score), "one kind alone keeps its cosine"
