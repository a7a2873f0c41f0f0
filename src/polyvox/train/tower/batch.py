"""From rows to what the model takes: audio is read, distorted, turned into features and padded."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from polyvox.encode.features import Features, log_mel
from polyvox.errors import ReadError
from polyvox.modules.speech import padded
from polyvox.read.sound import load_audio
from polyvox.train.augment import Augmentation, augment
from polyvox.train.sounds import TrainingError
from polyvox.train.speech_batches import spec_augment
from polyvox.train.tower.draws import Draw
from polyvox.train.tower.labels import Speller
from polyvox.train.tower.model_section import Data

SKIPPED = "skipped.txt"


class Batcher:
    """Turns draws into one batch; a recording that cannot be read is named in `skipped.txt`.

    Another recording of the batch stands in for it.

    What happens to a recording depends on its draw only, so workers and a resumed run agree.

    Args:
        data: whether recordings are distorted.
        max_seconds: how much of each is read.
        speller: labels for CTC.
        out: folder of `skipped.txt`.
        seed: of the distortions.
    """

    def __init__(self, data: Data, max_seconds: float, speller: Speller, out: Path, seed: int) -> None:
        self._data, self._max_seconds, self._speller = data, max_seconds, speller
        self._skipped, self._seed = out / SKIPPED, seed
        self._told: set[Path] = set()

    def __call__(self, draws: Sequence[Draw]) -> Mapping[str, Any]:
        """A batch for the trainer: features, lengths, texts and labels, all named `audio_…`.

        Raises:
            TrainingError: none of the recordings can be read.
        """
        heard = [(draw, features) for draw in draws if (features := self._features(draw)) is not None]
        if not heard:
            raise TrainingError(
                f"none of the {len(draws)} recordings of a batch can be read; {self._skipped} says why"
            )
        # As many as were asked for: processes that train together compare batches of one size.
        heard += [heard[place % len(heard)] for place in range(len(draws) - len(heard))]
        batch = padded([features for _, features in heard])
        rows = [draw.row for draw, _ in heard]
        return {
            **{f"audio_{name}": value for name, value in batch.items()},
            "audio_texts": [(row.transcript, row.translation) for row in rows],
            "audio_labels": [self._speller.labels(row) for row in rows],
        }

    def _features(self, draw: Draw) -> Features | None:
        try:
            audio = load_audio(draw.row.path, self._max_seconds)
        except ReadError as error:
            self._tell(draw.row.path, error.reason)
            return None
        dice = np.random.default_rng([self._seed, draw.seed])
        if self._data.augment:
            audio = augment(audio, Augmentation(), dice)
        features = log_mel(audio)
        return spec_augment(features, dice) if self._data.mask else features

    def _tell(self, path: Path, reason: str) -> None:
        if path in self._told:
            return
        self._told.add(path)
        line = f"{path}: {reason}\n".encode(errors="replace")
        # One write in append mode: lines of several processes do not mix.
        handle = os.open(self._skipped, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(handle, line)
        finally:
            os.close(handle)
