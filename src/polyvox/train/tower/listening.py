"""How a student comes to hear recordings: from their audio each time, or from frames that were kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.features import log_mel
from polyvox.item import SAMPLING_RATE
from polyvox.modules.fused_speech import padded_frames
from polyvox.modules.speech import padded
from polyvox.read.sound import load_audio
from polyvox.train.augment import Augmentation, augment
from polyvox.train.front_store import FrontStore
from polyvox.train.speech_batches import spec_augment
from polyvox.train.tower.draws import Draw
from polyvox.train.tower.model_section import Data

Features = NDArray[np.float32]
"""Shape (T, width): log-mel features or the frames of a front."""
_HIDDEN = 2
_LONGEST_HIDDEN = 0.15


class Listener(Protocol):
    """Reads recordings for the student."""

    def draw(self, draw: Draw) -> Features:
        """What the student hears of a drawn recording, distorted as the recipe says.

        Raises:
            ReadError: the recording cannot be read.
        """
        ...

    def batch(self, features: Sequence[Features]) -> dict[str, Any]:
        """Several recordings as one padded batch."""
        ...

    def whole(self, path: Path) -> Mapping[str, Any]:
        """A recording as the student's `encode` takes it, undistorted.

        Raises:
            ReadError: the recording cannot be read.
        """
        ...


class FromAudio:
    """Decodes, distorts and analyses a recording whenever it is drawn.

    Args:
        data: whether recordings are distorted.
        max_seconds: how much of each is read.
        seed: of the distortions.
    """

    def __init__(self, data: Data, max_seconds: float, seed: int) -> None:
        self._data, self._max_seconds, self._seed = data, max_seconds, seed

    def draw(self, draw: Draw) -> Features:
        """Log-mel features (T, 80)."""
        audio = load_audio(draw.row.path, self._max_seconds)
        dice = np.random.default_rng([self._seed, draw.seed])
        if self._data.augment:
            audio = augment(audio, Augmentation(), dice)
        features = log_mel(audio)
        return spec_augment(features, dice) if self._data.mask else features

    def batch(self, features: Sequence[Features]) -> dict[str, Any]:
        """Padded features and their lengths."""
        return {**padded(features), "modality": "audio"}

    def whole(self, path: Path) -> Mapping[str, Any]:
        """Its samples."""
        audio = load_audio(path, self._max_seconds)
        return {"array": audio.samples, "sampling_rate": SAMPLING_RATE}


class FromFrames:
    """Takes the frames of a frozen front from a store.

    Args:
        store: filled with all recordings.
        copies: how many of each it holds; which one a draw gets is chosen at random.
        mask: hide stretches of the frames.
        seed: of both.
    """

    def __init__(self, store: FrontStore, copies: int, *, mask: bool, seed: int) -> None:
        self._store, self._copies, self._mask, self._seed = store, copies, mask, seed

    def draw(self, draw: Draw) -> Features:
        """Frames (T, width)."""
        dice = np.random.default_rng([self._seed, draw.seed])
        frames = self._store.frames(draw.row.path, int(dice.integers(self._copies))).astype(np.float32)
        return hide_stretches(frames, dice) if self._mask else frames

    def batch(self, features: Sequence[Features]) -> dict[str, Any]:
        """Padded frames and their mask."""
        frames, mask = padded_frames(features)
        return {"input_features": frames, "mask": mask, "modality": "audio"}

    def whole(self, path: Path) -> Mapping[str, Any]:
        """Its frames."""
        return {"frames": self._store.frames(path).astype(np.float32)}


def hide_stretches(frames: Features, dice: np.random.Generator) -> Features:
    """Frames with two random stretches, each up to 15 % of the recording, set to zero.

    After SpecAugment's time masks (Park et al. 2019, arXiv 1904.08779).
    """
    hidden = frames.copy()
    for _ in range(_HIDDEN):
        length = int(dice.integers(int(len(frames) * _LONGEST_HIDDEN) + 1))
        start = int(dice.integers(len(frames) - length + 1))
        hidden[start : start + length] = 0
    return hidden
