"""WAV bytes and sampling rates: what synthesis and augmentation need of them."""

from __future__ import annotations

import io
import math
import secrets
import wave
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from polyvox.item import SAMPLING_RATE, Audio

PARTIAL = ".polyvox-partial"
_HEADER = 44


def resample(samples: NDArray[np.float32], rate: float, to: float = SAMPLING_RATE) -> NDArray[np.float32]:
    """Change the sampling rate of a whole short recording by cutting or padding its spectrum.

    Rates with a large common divisor are fast.

    Args:
        samples: shape (T,).
        rate: the rate the samples have, in Hz.
        to: the rate wanted, in Hz.

    >>> resample(np.ones(441, np.float32), 44_100).shape
    (160,)
    """
    if rate == to:
        return samples
    step = math.gcd(round(rate), round(to))
    down, up = round(rate) // step, round(to) // step
    blocks = -(-len(samples) // down)
    spectrum = np.fft.rfft(samples, blocks * down)
    changed = np.fft.irfft(spectrum, blocks * up) * (up / down)
    return changed[: round(len(samples) * to / rate)].astype(np.float32)


def audio_from_wav(content: bytes) -> Audio:
    """Decode 16-bit mono WAV, also when its header was streamed and states no true length.

    Raises:
        OSError: not 16-bit mono PCM WAV.
    """
    try:
        with wave.open(io.BytesIO(content)) as wav:
            rate, channels, width = wav.getframerate(), wav.getnchannels(), wav.getsampwidth()
    except (wave.Error, EOFError) as error:
        raise OSError(f"not a WAV file: {error}") from error
    if channels != 1 or width != 2:
        raise OSError(f"expected 16-bit mono WAV, got {8 * width} bit and {channels} channels")
    body = content[_HEADER:]
    samples = np.frombuffer(body[: len(body) // 2 * 2], "<i2").astype(np.float32) / np.float32(32768)
    return Audio(resample(samples, rate))


def wav_bytes(audio: Audio) -> bytes:
    """Encode as 16-bit mono WAV at 16 kHz.

    >>> len(wav_bytes(Audio(np.zeros(10, np.float32))))
    64
    """
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(SAMPLING_RATE)
        wav.writeframes((np.clip(audio.samples, -1, 1) * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def write_wav(path: Path, audio: Audio) -> None:
    """Write 16-bit mono WAV at 16 kHz, whole or not at all."""
    write_whole(path, wav_bytes(audio))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: neither a killed run nor a full disk leaves half of it.

    Two may write the same file, as a worker that outlives its killed run by a second and the next run do.
    """
    partial = path.with_suffix(f".{secrets.token_hex(4)}{PARTIAL}")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError:
        with suppress(OSError):
            partial.unlink()
        raise
