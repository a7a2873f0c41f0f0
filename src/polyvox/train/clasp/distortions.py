"""What is done to test recordings: noise, another tempo, a room; each at several levels."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from polyvox.item import SAMPLING_RATE, Audio
from polyvox.train.augment import mix

Samples = NDArray[np.float32]
_SEED = 7
_DECAY = 6.9
"""Natural logarithm of a thousand: 60 dB of amplitude."""
_EVEN_SECONDS = 0.4
"""A room of this reverberation time sends back as much energy as comes straight."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A distortion and its level; `clean` changes nothing."""

    kind: str = "clean"
    level: float = 0.0

    @property
    def name(self) -> str:
        """What files and tables call it.

        >>> Condition("noise", 10).name, Condition().name
        ('noise 10', 'clean')
        """
        return f"{self.kind} {self.level:g}" if self.kind != "clean" else self.kind


CLEAN = Condition()


def distorted(audio: Audio, condition: Condition, path: Path) -> Audio:
    """The recording under a condition; chance is drawn by the name of its file."""
    dice = np.random.default_rng([_SEED, zlib.crc32(path.name.encode())])
    return Audio(DISTORTIONS[condition.kind](audio.samples, condition.level, dice))


def add_white(samples: Samples, decibels: float, dice: np.random.Generator) -> Samples:
    """White noise at a signal-to-noise ratio over the whole recording."""
    return mix(samples, dice.standard_normal(len(samples), np.float32), decibels)


def change_tempo(samples: Samples, factor: float, _dice: np.random.Generator) -> Samples:
    """Play faster (above 1) or slower without changing the pitch, by FFmpeg's `atempo`.

    >>> tone = np.sin(np.arange(16_000) / 9).astype(np.float32)
    >>> 0.45 < len(change_tempo(tone, 2.0, np.random.default_rng(0))) / 16_000 < 0.55
    True
    """
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=SAMPLING_RATE, format="flt", layout="mono")
    tempo, sink = graph.add("atempo", f"{factor:g}"), graph.add("abuffersink")
    source.link_to(tempo)
    tempo.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None], np.float32), "flt", "mono")
    frame.sample_rate, frame.pts = SAMPLING_RATE, 0
    graph.push(frame)
    graph.push(None)
    pieces = []
    while True:
        try:
            pieces.append(graph.pull().to_ndarray()[0])
        except (av.error.BlockingIOError, av.error.EOFError):
            return np.concatenate(pieces) if pieces else samples


def add_room(samples: Samples, seconds: float, dice: np.random.Generator) -> Samples:
    """A room that falls by 60 dB in `seconds`: decaying noise after the direct sound.

    Early reflections are as strong in every room, so the energy that comes back grows with the time: the
    longer, the harder.
    """
    time = np.arange(1, int(seconds * SAMPLING_RATE)) / SAMPLING_RATE
    tail = dice.standard_normal(len(time)) * np.exp(-_DECAY * time / seconds)
    tail *= np.sqrt(seconds / _EVEN_SECONDS / np.sum(tail**2))
    size = 1 << (len(samples) + len(tail) + 1).bit_length()
    answer = np.fft.rfft(np.concatenate([[1.0], tail]), size)
    wet = np.fft.irfft(np.fft.rfft(samples, size) * answer, size)[: len(samples)]
    return np.asarray(wet, np.float32)


DISTORTIONS: Mapping[str, Callable[[Samples, float, np.random.Generator], Samples]] = {
    "clean": lambda samples, _level, _dice: samples,
    "noise": add_white,
    "tempo": change_tempo,
    "room": add_room,
}
"""The distortions by name: decibels, factor, seconds."""

CURVES: Mapping[str, tuple[float, ...]] = {
    "noise": (20, 10, 5, 0),
    "tempo": (0.5, 0.75, 1.25, 1.5, 2.0),
    "room": (0.2, 0.4, 0.8, 1.6),
}
"""The levels that are measured."""


def conditions() -> list[Condition]:
    """The undistorted recording, then every level of every distortion."""
    return [CLEAN, *(Condition(kind, level) for kind, levels in CURVES.items() for level in levels)]
