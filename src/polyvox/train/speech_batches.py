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

_POOL = 64
"""Batches drawn together and sorted by length before they are cut."""
_STEP = 8
"""Batches are padded to a multiple of this: kernels are compiled once a shape, so shapes must be few."""


@dataclass(frozen=True, slots=True)
class SpeechBatch:
    """Recordings padded to one length: features (B, T, 80), lengths (B,), and their rows."""

    features: Tensor
    lengths: Tensor
    rows: Sequence[Stored]


@dataclass(frozen=True, slots=True)
class Warp:
    """How far features are stretched, as a share.

    In time alike for a batch, so that its recordings stay of similar length; along the mels each recording
    apart, as if its vocal tract had another length (Jaitly and Hinton 2013).
    """

    tempo: float = 0.0
    mels: float = 0.0


@dataclass(frozen=True)
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

    def features(self, place: tuple[int, int]) -> NDArray[np.float32]:
        """The features at (store, position), (T, 80)."""
        return to_float(self.stores[place[0]].features(self.row(place)))

    def taken(self, place: tuple[int, int], dice: np.random.Generator) -> tuple[NDArray[np.float32], Stored]:
        """What is learned where `place` was drawn: its features and its row, or what is made of them."""
        return self.features(place), self.row(place)


def batch_at(
    source: SpeechSource, step: int, size: int, seed: int, *, mask: bool = True, warp: Warp | None = None
) -> SpeechBatch:
    """The batch of a training step: `size` recordings of similar length.

    With `mask` they are what the source makes of them (`taken`), and distorted: SpecAugment, `warp`
    before it.
    """
    pool, position = divmod(step, _POOL)
    places = _draw(source, np.random.default_rng([seed, pool]), size)[position]
    return collate(source, places, np.random.default_rng([seed, pool, position]) if mask else None, warp)


def _draw(source: SpeechSource, dice: np.random.Generator, size: int) -> list[list[tuple[int, int]]]:
    names = [name for name, places in source.groups.items() if places and source.shares.get(name, 0) > 0]
    shares = np.array([source.shares[name] for name in names])
    chosen = dice.choice(len(names), size * _POOL, p=shares / shares.sum())
    members = [source.groups[names[group]] for group in chosen]
    which = (dice.random(len(members)) * [len(places) for places in members]).astype(int)
    places = [places[number] for places, number in zip(members, which, strict=True)]
    places.sort(key=lambda place: source.row(place).frames)
    batches = [places[start : start + size] for start in range(0, len(places), size)]
    return [batches[number] for number in dice.permutation(len(batches))]


def collate(
    source: SpeechSource,
    places: Sequence[tuple[int, int]],
    dice: np.random.Generator | None = None,
    warp: Warp | None = None,
) -> SpeechBatch:
    """Pad recordings to one length; with a generator, take, warp and mask them as is done in training."""
    if dice is None:
        frames, rows = [source.features(place) for place in places], [source.row(place) for place in places]
    else:
        taken = [source.taken(place, dice) for place in places]
        frames, rows = [features for features, _ in taken], [row for _, row in taken]
        tempo = dice.uniform(1 - warp.tempo, 1 + warp.tempo) if warp else 1.0
        if warp:
            frames = [stretch(one, tempo, dice.uniform(1 - warp.mels, 1 + warp.mels)) for one in frames]
        frames = [spec_augment(one, dice) for one in frames]
    lengths = [len(one) for one in frames]
    features = np.zeros((len(rows), -(-max(lengths) // _STEP) * _STEP, MELS), np.float32)
    for number, one in enumerate(frames):
        features[number, : len(one)] = one
    return SpeechBatch(torch.from_numpy(features), torch.tensor(lengths), rows)


def stretch(features: NDArray[np.float32], tempo: float, mels: float) -> NDArray[np.float32]:
    """Features (T, 80) at another tempo and with the mels moved, both by linear interpolation.

    Args:
        features: (T, 80).
        tempo: above 1 is faster, so fewer frames come back.
        mels: band m of the result is band m · `mels` of `features`, the last band above it.
    """
    count = max(1, round(len(features) / tempo))
    moved = _between(features, np.linspace(0, len(features) - 1, count))
    return _between(moved.T, np.minimum(np.arange(MELS) * mels, MELS - 1)).T


def _between(rows: NDArray[np.float32], places: NDArray[np.float64]) -> NDArray[np.float32]:
    left = np.minimum(places.astype(int), len(rows) - 1)
    right = np.minimum(left + 1, len(rows) - 1)
    share = (places - left).astype(np.float32)[:, None]
    mixed: NDArray[np.float32] = rows[left] * (1 - share) + rows[right] * share
    return mixed


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
