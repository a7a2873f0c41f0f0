"""Log-mel features of speech: the one front end that training and the light back end share."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from polyvox.item import SAMPLING_RATE, Audio

MELS = 80
WINDOW = 400
HOP = 160
"""25 ms windows every 10 ms, in samples."""
FRAMES_PER_SECOND = SAMPLING_RATE // HOP
_FFT = 512
_LOWEST_HZ, _HIGHEST_HZ = 20.0, 7600.0
_DYNAMIC_RANGE = 9.0
"""Natural-log power kept below the loudest point: 39 dB. What is quieter counts as silence."""
_LOUD = 6.0
"""Frames within this natural-log power of the loudest frame are taken for speech in the normalisation."""
CLIP = 4.0
"""Largest absolute value of a normalised feature."""

Features = NDArray[np.float32]


def log_mel(audio: Audio) -> Features:
    """Log-mel features of one recording, normalised to itself: loudness, channel and floor do not matter.

    The mean of each band over the loud frames is taken off, and all bands are divided by one standard
    deviation. A recording shorter than one window is padded with silence.

    Returns:
        Shape (frames, 80), one frame every 10 ms, values within ±4.

    >>> log_mel(Audio(np.sin(np.arange(16_000) / 9).astype(np.float32))).shape
    (98, 80)
    """
    power = _power(audio.samples) @ _filters()
    logged = np.log(power + np.float32(1e-10))
    logged = np.maximum(logged, logged.max() - _DYNAMIC_RANGE)
    energy = np.log(power.sum(axis=1) + np.float32(1e-10))
    loud = logged[energy > energy.max() - _LOUD]
    deviation = max(float(loud.std()), 0.1)
    normalised = (logged - loud.mean(axis=0)) / deviation
    return np.asarray(np.clip(normalised, -CLIP, CLIP), np.float32)


def frame_count(samples: int) -> int:
    """How many frames `log_mel` gives for a number of samples.

    >>> frame_count(16_000), frame_count(0)
    (98, 1)
    """
    return 1 + max(samples - WINDOW, 0) // HOP


def _power(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    if len(samples) < WINDOW:
        samples = np.pad(samples, (0, WINDOW - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    spectrum = np.fft.rfft(frames * _window(), _FFT)
    power: NDArray[np.float32] = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    return power


@lru_cache(maxsize=1)
def _window() -> NDArray[np.float32]:
    return np.hanning(WINDOW + 1)[:-1].astype(np.float32)


@lru_cache(maxsize=1)
def _filters() -> NDArray[np.float32]:
    """Triangular filters, evenly spaced on the mel scale 2595·log10(1 + f/700); shape (257, 80)."""
    edges_mel = np.linspace(_mel(_LOWEST_HZ), _mel(_HIGHEST_HZ), MELS + 2)
    edges = 700 * (10 ** (edges_mel / 2595) - 1)
    bins = np.arange(_FFT // 2 + 1) * SAMPLING_RATE / _FFT
    rising = (bins[:, None] - edges[None, :-2]) / np.diff(edges)[:-1]
    falling = (edges[None, 2:] - bins[:, None]) / np.diff(edges)[1:]
    return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))
