"""The model `sounds`."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from polyvox import Index, Item, load_audio, load_encoder
from polyvox.encode.protocol import Encoder, ModalityError
from polyvox.encode.sounds import POSITIONS, sounds_vector
from polyvox.errors import PolyvoxError
from polyvox.item import SAMPLING_RATE, Audio

QUERIES = Path(str(files("polyvox"))) / "samples" / "queries"


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder("sounds")


@pytest.fixture(scope="module")
def voices() -> list[Audio]:
    return [load_audio(path) for path in sorted(QUERIES.glob("*.ogg"))]


def test_a_recording_alone_is_a_recording_in_any_batch(encoder: Encoder, voices: list[Audio]) -> None:
    together = encoder.encode_speech(voices)
    assert together.shape == (len(voices), encoder.card.dimension)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for voice, vector in zip(voices, together, strict=True):
        np.testing.assert_allclose(encoder.encode_speech([voice])[0], vector, atol=1e-4)


def test_a_distorted_copy_lies_closer_than_any_other_recording(encoder: Encoder, voices: list[Audio]) -> None:
    noise = np.random.default_rng(0)
    copies = []
    for voice in voices:
        quieter = 0.3 * voice.samples + 0.001 * noise.standard_normal(len(voice.samples))
        pause = np.zeros(SAMPLING_RATE // 2)
        copies.append(Audio(np.concatenate([pause, quieter, pause]).astype(np.float32)))
    scores = encoder.encode_speech(copies) @ encoder.encode_speech(voices).T
    assert scores.argmax(axis=1).tolist() == list(range(len(voices)))


def test_silence_and_nothing_are_vectors_too(encoder: Encoder) -> None:
    found = encoder.encode_speech(
        [Audio(np.zeros(SAMPLING_RATE, np.float32)), Audio(np.zeros(0, np.float32))]
    )
    assert np.isfinite(found).all()
    assert encoder.encode_speech([]).shape == (0, encoder.card.dimension)


def test_one_frame_or_none_heard_has_no_order() -> None:
    silent = np.log(np.array([[1 - 1e-6, 5e-7, 5e-7]] * 3, np.float32))
    assert np.isfinite(sounds_vector(silent)).all()
    assert sounds_vector(np.zeros((1, 5), np.float32)).shape == (POSITIONS * 4,)


def test_it_reads_no_text_and_has_one_width(encoder: Encoder) -> None:
    with pytest.raises(ModalityError, match="encodes speech, not text"):
        encoder.encode_text(["water"])
    with pytest.raises(PolyvoxError, match="no dimension 64"):
        load_encoder("sounds", 64)


def test_an_index_remembers_it(encoder: Encoder, voices: list[Audio], tmp_path: Path) -> None:
    Index.create(tmp_path / "i", encoder).add(Item(voice, f"{n}.ogg") for n, voice in enumerate(voices))
    (hit, *_) = Index.open(tmp_path / "i").search(voices[1], limit=1)
    assert hit.path == "1.ogg"
    assert hit.score == pytest.approx(1, abs=1e-3)
