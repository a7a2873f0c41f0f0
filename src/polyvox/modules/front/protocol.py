"""The contract of a frozen speech front: recordings in, frames out, nothing to train."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from polyvox.item import Audio

Frames = NDArray[np.float32]
"""Shape (T, width): what a front hears in one recording, never padded."""


@runtime_checkable
class SpeechFront(Protocol):
    """Turns recordings into frames; a trainable head reads them.

    A recording's frames are the same alone and in any batch. However short it is, it has one frame at least.
    """

    @property
    def width(self) -> int:
        """Values a frame, after layers are chosen and concatenated."""
        ...

    @property
    def rate(self) -> float:
        """Frames a second."""
        ...

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits over everything that the frames depend on."""
        ...

    def frames(self, recordings: Sequence[Audio]) -> list[Frames]:
        """One array (T, width) a recording."""
        ...

    def save(self, folder: Path) -> None:
        """Write everything that `open_front(str(folder))` needs; the folder is made where it is missing."""
        ...
