"""The front without any training: stacked log-mel features."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from polyvox.encode.features import FRAMES_PER_SECOND, MELS, log_mel
from polyvox.errors import PolyvoxError
from polyvox.item import Audio
from polyvox.modules.front.protocol import Frames
from polyvox.modules.front.settings import Settings, slowed, write_settings

KIND = "log-mel"
STACK = 4
"""Log-mel frames that make one frame of the front."""


class LogMelFront:
    """Four log-mel frames as one of 320 values, 25 a second: the baseline of what is heard.

    Args:
        settings: the stride; there are no layers.

    Raises:
        PolyvoxError: layers are asked for.
    """

    def __init__(self, settings: Settings) -> None:
        if settings.layers:
            raise PolyvoxError(f"the front {KIND!r} has no layers; leave them out")
        self._stride = settings.stride or 1

    @property
    def width(self) -> int:
        """Values a frame."""
        return STACK * MELS

    @property
    def rate(self) -> float:
        """Frames a second."""
        return FRAMES_PER_SECOND / STACK / self._stride

    @property
    def fingerprint(self) -> str:
        """The features have no weights, so their name says it all."""
        return f"{KIND}-{STACK}-{self._stride}"

    def frames(self, recordings: Sequence[Audio]) -> list[Frames]:
        """One array (ceil(features / 4), 320) a recording."""
        return [slowed(stacked(log_mel(recording)), self._stride) for recording in recordings]

    def save(self, folder: Path) -> None:
        """Write `front.json`."""
        write_settings(folder, KIND, None, self._stride)


def stacked(features: Frames) -> Frames:
    """Features (T, 80) as (ceil(T / 4), 320); what is missing at the end is 0.

    >>> stacked(np.ones((5, 80), np.float32)).sum(axis=1).tolist()
    [320.0, 80.0]
    """
    missing = -len(features) % STACK
    return np.pad(features, ((0, missing), (0, 0))).reshape(-1, STACK * features.shape[1])


def open_log_mel(settings: Settings) -> LogMelFront:
    """The front of that name."""
    return LogMelFront(settings)
