"""What happens to speech between a mouth and a file: distortions for training, drawn from a generator.

Each distortion is a function of samples and a generator; `augment` applies a random few of them in the order
in which the world does: the speaker, the room, the noise, the microphone, the codec.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

from polyvox.item import SAMPLING_RATE, Audio
from polyvox.train.opus import encode_opus
from polyvox.train.waves import resample

Samples = NDArray[np.float32]
Distortion = Callable[[Samples, np.random.Generator], Samples]


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How often each distortion is applied, as probabilities."""

    speed: float = 0.6
    reverberation: float = 0.35
    equaliser: float = 0.6
    noise: float = 0.6
    band_limit: float = 0.2
    clipping: float = 0.1
    codec: float = 0.12

    @staticmethod
    def nothing() -> dict[str, float]:
        """Every distortion with probability 0."""
        return dict.fromkeys(_ORDER, 0.0)


def augment(audio: Audio, settings: Augmentation, generator: np.random.Generator) -> Audio:
    """Distort one recording; the same generator state gives the same result."""
    samples = audio.samples
    for name, distort in _ORDER.items():
        if generator.random() < getattr(settings, name):
            samples = distort(samples, generator)
    return Audio(np.ascontiguousarray(samples, np.float32))


def change_speed(samples: Samples, generator: np.random.Generator) -> Samples:
    """Play 15 % slower to 15 % faster: tempo, pitch and the size of the vocal tract change together."""
    return resample(samples, SAMPLING_RATE // 100 * int(generator.integers(85, 116)))


def reverberate(samples: Samples, generator: np.random.Generator) -> Samples:
    """Add a room: decaying noise of 0.1 to 0.6 s reverberation time after the direct sound."""
    decay = generator.uniform(0.1, 0.6)
    time = np.arange(int(decay * SAMPLING_RATE)) / SAMPLING_RATE
    tail = generator.standard_normal(len(time)) * np.exp(-6.9 * time / decay)
    tail *= generator.uniform(0.1, 0.6) / np.sqrt(np.sum(tail**2))
    tail[0] = 1
    length = len(samples) + len(tail) - 1
    size = 1 << (length - 1).bit_length()
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(tail, size), size)
    return np.asarray(wet[: len(samples)], np.float32)


def equalise(samples: Samples, generator: np.random.Generator) -> Samples:
    """Colour the sound: a smooth random curve of ±8 dB over the spectrum, a microphone's or a voice's."""
    spectrum = _spectrum(samples)
    points = generator.uniform(-8, 8, 6)
    curve = np.interp(np.linspace(0, 5, len(spectrum)) ** 0.7, np.arange(6), points)
    return _signal(spectrum * 10 ** (curve / 20), len(samples))


def add_noise(samples: Samples, generator: np.random.Generator) -> Samples:
    """Add noise at 3 to 35 dB: any colour from white to brown, waxing and waning or even."""
    spectrum = _spectrum(generator.standard_normal(len(samples), np.float32))
    spectrum /= np.maximum(np.arange(len(spectrum)), 10) ** generator.uniform(0, 1)
    noise = _signal(spectrum, len(samples))
    if generator.random() < 0.5:
        points = generator.uniform(0.1, 1, 2 + len(samples) // 3000)
        noise *= np.interp(np.arange(len(samples)), np.linspace(0, len(samples), len(points)), points)
    return mix(samples, noise.astype(np.float32), generator.uniform(3, 35))


def mix(samples: Samples, noise: Samples, decibels: float) -> Samples:
    """Add noise at a signal-to-noise ratio in dB, both measured as mean power over the whole recording."""
    ratio = np.mean(samples**2) / max(float(np.mean(noise**2)), 1e-12)
    gain = np.float32(np.sqrt(ratio / 10 ** (decibels / 10)))
    return np.asarray(samples + noise * gain, np.float32)


def limit_band(samples: Samples, generator: np.random.Generator) -> Samples:
    """Cut below 50–400 Hz and above 3–7 kHz, as telephones and old recordings do."""
    spectrum = _spectrum(samples)
    hertz = np.linspace(0, SAMPLING_RATE / 2, len(spectrum))
    outside = (hertz < generator.uniform(50, 400)) | (hertz > generator.uniform(3000, 7000))
    spectrum[outside] *= 0.02
    return _signal(spectrum, len(samples))


def clip(samples: Samples, generator: np.random.Generator) -> Samples:
    """Overdrive: cut off at 15 to 60 % of the peak."""
    ceiling = generator.uniform(0.15, 0.6) * max(float(np.abs(samples).max(initial=0)), 1e-6)
    return np.clip(samples, -ceiling, ceiling)


def code(samples: Samples, generator: np.random.Generator) -> Samples:
    """Through the Opus codec at 8 to 24 kbit/s and back."""
    coded = encode_opus(samples, int(generator.uniform(8_000, 24_000)))
    return decode(coded)[: len(samples)]


def decode(content: bytes) -> Samples:
    """Decode a short compressed recording held in memory to mono float32 at 16 kHz."""
    resampler = av.AudioResampler("flt", "mono", SAMPLING_RATE)
    with av.open(io.BytesIO(content), "r") as file:
        pieces = [piece for frame in file.decode(audio=0) for piece in resampler.resample(frame)]
    pieces += resampler.resample(None)
    return np.concatenate([piece.to_ndarray()[0] for piece in pieces]).astype(np.float32)


def _spectrum(samples: Samples) -> NDArray[np.complex64]:
    size = -(-len(samples) // _FAST) * _FAST
    return np.fft.rfft(samples, size).astype(np.complex64)


def _signal(spectrum: NDArray[np.complexfloating], length: int) -> Samples:
    return np.fft.irfft(spectrum, 2 * (len(spectrum) - 1))[:length].astype(np.float32)


_FAST = 1280
"""Transforms whose length is a multiple of this are fast; a prime length is ten times slower."""

_ORDER: dict[str, Distortion] = {
    "speed": change_speed,
    "reverberation": reverberate,
    "equaliser": equalise,
    "noise": add_noise,
    "band_limit": limit_band,
    "clipping": clip,
    "codec": code,
}
