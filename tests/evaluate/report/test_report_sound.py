"""Recordings in the page: small, playable, counted."""

from __future__ import annotations

import io
import wave
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest

from polyvox.errors import ReadError
from polyvox.evaluate.report.sound import Sounds, opus
from polyvox.item import Audio
from polyvox.read.sound import load_audio


def tone(seconds: float) -> Audio:
    return Audio(0.3 * np.sin(np.arange(int(16_000 * seconds)) * 0.1).astype(np.float32))


def wav(path: Path, audio: Audio) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes((audio.samples * 32_767).astype("<i2").tobytes())
    return path


def test_opus_keeps_the_sound_and_is_small() -> None:
    content = opus(tone(2.0))
    assert len(content) < 16_000
    again = load_audio(io.BytesIO(content))
    assert again.seconds == pytest.approx(2.0, abs=0.1)
    spectrum = np.abs(np.fft.rfft(again.samples))
    assert np.argmax(spectrum) * 16_000 / len(again.samples) == pytest.approx(
        0.1 * 16_000 / (2 * np.pi), abs=2
    )


def test_a_wav_becomes_opus(tmp_path: Path) -> None:
    wav(tmp_path / "tone.wav", tone(1.0))
    kind, _, content = Sounds((tmp_path,)).address("tone.wav").partition(",")
    assert kind == "data:audio/ogg;base64"
    assert load_audio(io.BytesIO(b64decode(content))).seconds == pytest.approx(1.0, abs=0.1)


def test_the_size_of_all_is_held(tmp_path: Path) -> None:
    for place in range(3):
        (tmp_path / f"{place}.ogg").write_bytes(opus(tone(1.0)))
    size = (tmp_path / "0.ogg").stat().st_size
    sounds = Sounds((tmp_path,), most_bytes=2 * size)
    assert sounds.address("0.ogg") == sounds.address("0.ogg"), "played twice, kept once"
    sounds.address("1.ogg")
    with pytest.raises(ReadError, match="left out: all recordings together"):
        sounds.address("2.ogg")


def test_what_is_not_there_is_left_out(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="is not there"):
        Sounds((tmp_path,)).address("gone.ogg")
