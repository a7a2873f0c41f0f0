"""Which bytes of a recording go out, and in which form."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
import pytest
from tests.serve.running import SAMPLES

pytest.importorskip("fastapi", reason="needs the extra 'serve'")

from polyvox.errors import ReadError
from polyvox.item import Audio
from polyvox.read import load_audio
from polyvox.read.excerpt import load_excerpt
from polyvox.serve.errors import ApiError
from polyvox.serve.ranges import Span, wanted_span
from polyvox.serve.recordings import Recording, blocks, browser_kind, peaks, wav

COLLECTION = SAMPLES / "collection"


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-0", Span(0, 1)),
        ("bytes=0-", Span(0, 10)),
        ("bytes=9-99", Span(9, 1)),
        ("bytes=-99", Span(0, 10)),
        (" bytes=1-2 ", Span(1, 2)),
        ("bytes=-", None),
        ("bytes=3-1", None),
        ("bytes=0-1,3-4", None),
        ("", None),
        (None, None),
    ],
)
def test_ranges_of_ten_bytes(header: str | None, span: Span | None) -> None:
    assert wanted_span(header, 10) == span


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=-0", "bytes=99-100"])
def test_ranges_outside(header: str) -> None:
    with pytest.raises(ApiError) as error:
        wanted_span(header, 10)
    assert error.value.status_code == 416
    assert error.value.headers == {"Content-Range": "bytes */10"}


def test_a_wav_file_holds_the_samples() -> None:
    samples = np.array([0, 0.5, -0.5, 1, -1], np.float32)
    with wave.open(io.BytesIO(wav(Audio(samples)))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
        assert np.frombuffer(file.readframes(9), "<i2").tolist() == [0, 16384, -16384, 32767, -32767]


def test_peaks_of_more_buckets_than_samples() -> None:
    assert len(peaks(Audio(np.ones(3, np.float32)), 7)) == 7


def test_kinds_of_real_files() -> None:
    kinds = {path.suffix: browser_kind(path.read_bytes()[:4096]) for path in COLLECTION.glob("*/*.*")}
    assert kinds[".ogg"] == "audio/ogg"
    assert kinds[".mp3"] == "audio/mpeg"
    assert kinds[".m4a"] == "audio/mp4"
    assert kinds[".wav"] == "audio/wav"
    assert kinds[".txt"] == kinds[".pdf"] == ""


@pytest.mark.parametrize("name", ["sw/taarifa.ogg", "fr/meteo.mp3"])
def test_an_excerpt_is_what_the_whole_has_there(name: str) -> None:
    whole = load_audio(COLLECTION / name).samples
    found = load_excerpt(COLLECTION / name, 3.0, 4.5).samples
    assert len(found) == 24_000
    assert np.corrcoef(found, whole[48_000:72_000])[0, 1] > 0.999


def test_an_excerpt_ends_with_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "short.wav"
    path.write_bytes(wav(Audio(np.full(16_000, 0.25, np.float32))))
    assert len(load_excerpt(path, 0.5, 9.0).samples) == 8_000
    with pytest.raises(ReadError, match="no sound from"):
        load_excerpt(path, 5.0, 6.0)
    with pytest.raises(ValueError, match="length"):
        load_excerpt(path, 2.0, 2.0)


def test_a_link_that_comes_after_the_check_is_not_followed(tmp_path: Path) -> None:
    path, secret = tmp_path / "a.ogg", tmp_path / "secret"
    path.write_bytes(b"0123456789")
    secret.write_bytes(b"not yours!")
    facts = path.stat()
    recording = Recording(path, facts.st_size, facts.st_mtime_ns, "audio/ogg")
    assert b"".join(blocks(recording, 2, 5)) == b"23456"
    path.unlink()
    path.symlink_to(secret)
    assert b"".join(blocks(recording, 0, 10)) == b""
