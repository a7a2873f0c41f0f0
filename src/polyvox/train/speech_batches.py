"""Batches of recordings of similar length, drawn by source, the same for the same seed and step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from polyvox.encode.features import MELS
from polyvox.train.feature_store import FeatureStore, Stored, to_float

_POOL = 16
"""Batches drawn together and sorted by length before they are cut."""
_STEP = 24
"""Batches are padded to a multiple of this: kernels are compiled once a shape, so shapes must be few."""


@dataclass(frozen=True, slots=True)
class SpeechBatch:
    """Recordings padded to one length: features (B, T, 80), lengths (B,), and their rows."""

    features: Tensor
    lengths: Tensor
    rows: Sequence[Stored]


@dataclass(frozen=True, slots=True)
class SpeechSource:
    """Rows of one or more stores, grouped by source, with the share of the batch that each group gets.

    Shares are relative; groups without rows are left out.
    """

    stores: Sequence[FeatureStore]
    groups: Mapping[str, Sequence[tuple[int, int]]]
    shares: Mapping[str, float]

    def row(self, place: tuple[int, int]) -> Stored:
        """The row at (store, position)."""
        return self.stores[place[0]].rows[place[1]]


def batch_at(source: SpeechSource, step: int, size: int, seed: int, *, mask: bool = True) -> SpeechBatch:
    """The batch of a training step: `size` recordings of similar length, with SpecAugment when `mask`."""
    pool, position = divmod(step, _POOL)
    drawn = _draw(source, np.random.default_rng([seed, pool]), size)
    places = drawn[position]
    return collate(source, places, np.random.default_rng([seed, pool, position]) if mask else None)


def _draw(source: SpeechSource, dice: np.random.Generator, size: int) -> list[list[tuple[int, int]]]:
    names = [name for name, places in source.groups.items() if places and source.shares.get(name, 0) > 0]
    shares = np.array([source.shares[name] for name in names])
    chosen = dice.choice(len(names), size * _POOL, p=shares / shares.sum())
    places = []
    for group in chosen:
        members = source.groups[names[group]]
        places.append(members[int(dice.integers(len(members)))])
    places.sort(key=lambda place: source.row(place).frames)
    batches = [places[start : start + size] for start in range(0, len(places), size)]
    return [batches[number] for number in dice.permutation(len(batches))]


def collate(
    source: SpeechSource, places: Sequence[tuple[int, int]], dice: np.random.Generator | None
) -> SpeechBatch:
    """Pad recordings to one length; with a generator, mask stretches of time and frequency."""
    rows = [source.row(place) for place in places]
    lengths = [row.frames for row in rows]
    padded = -(-max(lengths) // _STEP) * _STEP
    features = np.zeros((len(rows), padded, MELS), np.float32)
    for number, (place, row) in enumerate(zip(places, rows, strict=True)):
        frames = to_float(source.stores[place[0]].features(row))
        features[number, : row.frames] = frames if dice is None else spec_augment(frames, dice)
    return SpeechBatch(torch.from_numpy(features), torch.tensor(lengths), rows)


def spec_augment(features: NDArray[np.float32], dice: np.random.Generator) -> NDArray[np.float32]:
    """Mask two bands of up to 12 mels and up to two stretches of time (SpecAugment, arXiv 1904.08779).

    A stretch takes at most 6 % of the recording, so that no short word loses a whole syllable.
    """
    for _ in range(2):
        width = int(dice.integers(0, 13))
        start = int(dice.integers(0, MELS - width))
        features[:, start : start + width] = 0
    for _ in range(2):
        width = int(dice.integers(0, 1 + max(1, round(0.06 * len(features)))))
        start = int(dice.integers(0, max(1, len(features) - width)))
        features[start : start + width] = 0
    return features
