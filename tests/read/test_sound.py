from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from polyvox.errors import ReadError
from polyvox.read.sound import decode_audio, load_audio

Sound = NDArray[np.float32]
Encode = Callable[..., bytes]

CONTAINERS = [
    ("wav", "pcm_s16le"),
    ("wav", "pcm_f32le"),
    ("flac", "flac"),
    ("mp3", "libmp3lame"),
    ("ogg", "libopus"),
    ("ipod", "aac"),
    ("mp4", "aac"),
    ("webm", "libopus"),
    ("matroska", "flac"),
]


def tone(seconds: float, rate: int, frequency: float = 440.0, level: float = 0.5) -> Sound:
    return (level * np.sin(2 * np.pi * frequency * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def loudest_frequency(samples: Sound) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * 16_000 / len(samples))


@pytest.mark.parametrize(("container", "codec"), CONTAINERS)
@pytest.mark.parametrize("channels", [1, 2])
def test_containers(encode: Encode, container: str, codec: str, channels: int) -> None:
    sound = np.stack([tone(1.5, 48_000)] * channels)
    samples = load_audio(BytesIO(encode(sound, 48_000, container, codec))).samples
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert len(samples) == pytest.approx(24_000, abs=1_700)
    assert loudest_frequency(samples) == pytest.approx(440, abs=2)
    assert np.sqrt(np.mean(samples[4_000:20_000] ** 2)) == pytest.approx(0.5 / np.sqrt(2), abs=0.02)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 96_000])
def test_rates(encode: Encode, rate: int) -> None:
    samples = load_audio(BytesIO(encode(tone(1, rate), rate, "wav", "pcm_s16le"))).samples
    assert len(samples) == pytest.approx(16_000, abs=20)
    assert loudest_frequency(samples) == pytest.approx(440, abs=2)


def test_six_channels_are_averaged(encode: Encode) -> None:
    sound = np.zeros((6, 16_000), np.float32)
    sound[2] = tone(1, 16_000, level=0.6)
    samples = load_audio(BytesIO(encode(sound, 16_000, "wav", "pcm_f32le"))).samples
    assert np.abs(samples).max() == pytest.approx(0.1, abs=1e-4)


@pytest.mark.parametrize("channels", [8, 24])
def test_more_channels_than_a_frame_has_pointers(channels: int) -> None:
    sound = np.repeat(tone(1, 16_000)[:, None], channels, axis=1)
    data = (sound * 32_767).astype("<i2").tobytes()
    wave = struct.pack("<IHHIIHH", 16, 1, channels, 16_000, 32_000 * channels, 2 * channels, 16)
    header = struct.pack("<4sI8s20s4sI", b"RIFF", 36 + len(data), b"WAVEfmt ", wave, b"data", len(data))
    samples = load_audio(BytesIO(header + data)).samples
    np.testing.assert_allclose(samples, tone(1, 16_000), atol=1e-3)


@pytest.mark.parametrize("container", ["mp4", "webm"])
def test_film(encode: Encode, container: str) -> None:
    codec = "aac" if container == "mp4" else "libopus"
    film = encode(tone(2, 48_000), 48_000, container, codec, picture=True)
    assert loudest_frequency(load_audio(BytesIO(film)).samples) == pytest.approx(440, abs=2)


def test_samples_beyond_full_scale_are_clipped(encode: Encode) -> None:
    samples = load_audio(BytesIO(encode(tone(1, 16_000, level=3), 16_000, "wav", "pcm_f32le"))).samples
    assert np.abs(samples).max() == 1


def test_wrong_suffix_is_probed(encode: Encode, tmp_path: Path) -> None:
    path = tmp_path / "really-mp3.wav"
    path.write_bytes(encode(tone(1, 44_100), 44_100, "mp3", "libmp3lame"))
    assert load_audio(path).seconds == pytest.approx(1, abs=0.1)


def test_max_seconds(encode: Encode) -> None:
    audio = load_audio(BytesIO(encode(tone(5, 16_000), 16_000, "wav", "pcm_s16le")), max_seconds=1.25)
    assert audio.seconds == 1.25


def test_a_long_file_is_never_held_whole(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    seconds = 600
    size = 32_000 * seconds
    wave = struct.pack("<IHHIIHH", 16, 1, 1, 16_000, 32_000, 2, 16)
    header = struct.pack("<4sI8s20s4sI", b"RIFF", 36 + size, b"WAVEfmt ", wave, b"data", size)
    noise = np.random.default_rng(0).integers(-3_000, 3_000, 16_000).astype("<i2").tobytes()
    with path.open("wb") as file:
        file.write(header)
        for _ in range(seconds):
            file.write(noise)
    tracemalloc.start()
    total = sum(len(block) for block in decode_audio(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 16_000 * seconds
    assert peak < 2_000_000


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        ((24, struct.pack("<I", 0)), "decoded|0 samples per second"),
        ((24, struct.pack("<I", 1)), "header says 1 samples per second"),
        ((22, struct.pack("<H", 0)), "decoded|0 channels"),
        ((0, b"JUNK"), "not a recording that can be decoded"),
    ],
)
def test_broken_headers(encode: Encode, patch: tuple[int, bytes], reason: str) -> None:
    data = bytearray(encode(tone(0.5, 16_000), 16_000, "wav", "pcm_s16le"))
    offset, replacement = patch
    data[offset : offset + len(replacement)] = replacement
    with pytest.raises(ReadError, match=reason):
        load_audio(BytesIO(bytes(data)))


def test_header_without_samples(encode: Encode) -> None:
    data = encode(tone(0.5, 16_000), 16_000, "wav", "pcm_s16le")
    with pytest.raises(ReadError, match="holds no sound"):
        load_audio(BytesIO(data[: data.index(b"data") + 8]))


def test_silence(encode: Encode) -> None:
    with pytest.raises(ReadError, match=r"no speech found: 1\.0 s of silence"):
        load_audio(BytesIO(encode(np.zeros(16_000, np.float32), 16_000, "wav", "pcm_s16le")))


def test_not_numbers(encode: Encode) -> None:
    sound = tone(1, 16_000)
    sound[100:200] = np.nan
    blocks = []
    with pytest.raises(ReadError, match="100 samples are not numbers"):
        for block in decode_audio(BytesIO(encode(sound, 16_000, "wav", "pcm_f32le"))):
            blocks.append(block)  # noqa: PERF402 - what came before the error must be kept
    samples = np.concatenate(blocks)
    assert len(samples) == 16_000
    assert not samples[100:200].any()


@pytest.mark.parametrize(
    ("container", "codec"),
    [("wav", "pcm_s16le"), ("flac", "flac"), ("webm", "libopus")],
)
def test_truncated(encode: Encode, container: str, codec: str) -> None:
    data = encode(np.random.default_rng(0).normal(0, 0.1, 10 * 48_000), 48_000, container, codec)
    total = 0
    with pytest.raises(ReadError, match=r"truncated|breaks off"):
        for block in decode_audio(BytesIO(data[: len(data) // 2])):
            total += len(block)
    assert total > 4 * 16_000


def test_film_without_sound(tmp_path: Path) -> None:
    import av

    path = tmp_path / "silent.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")
        output.mux([*stream.encode(frame), *stream.encode(None)])
    with pytest.raises(ReadError, match="has no audio stream"):
        load_audio(path)


def test_a_playlist_opens_no_other_file(encode: Encode, tmp_path: Path) -> None:
    (tmp_path / "secret.wav").write_bytes(encode(tone(1, 16_000), 16_000, "wav", "pcm_s16le"))
    playlist = tmp_path / "list.wav"
    playlist.write_text("ffconcat version 1.0\nfile secret.wav\n")
    with pytest.raises(ReadError, match="not a recording"):
        load_audio(playlist)
    playlist.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.wav\n#EXT-X-ENDLIST\n")
    with pytest.raises(ReadError, match="not a recording"):
        load_audio(playlist)
