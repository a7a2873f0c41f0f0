"""Words that nobody said: recordings cut between two sounds and joined with others of their language."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from polyvox.modules.sounds import Sounds
from polyvox.train.feature_store import Stored
from polyvox.train.progress import Progress
from polyvox.train.speech_batches import SpeechSource, collate

Place = tuple[int, int]
_FRAMES = 4
"""Frames of features a frame of the network."""
_TRIES = 6
"""Joints that are drawn for one; the one whose length is nearest is taken, for a batch has one length."""
_DOUBTFUL = -0.35
"""Mean log-likelihood a frame below which nobody knows where the sounds are."""
_AT_ONCE = 64


class _Joint(NamedTuple):
    """The frames before `head`, those of `other` from `tail` on, and the sounds in them."""

    head: int
    other: Place
    tail: int
    sounds: tuple[str, ...]


@dataclass(frozen=True)
class SplicedSource(SpeechSource):
    """A source of which some recordings are taken with the end of another one, cut between two sounds.

    A network that has seen few words learns them by heart; their parts in other orders it cannot know
    (aligned data augmentation, Lam et al. 2021, arXiv 2104.01393, with sounds instead of words).

    Attributes:
        spikes: of each recording that may be cut, where each of its sounds is, in frames of the network.
        partners: which recordings may be joined, by set and language: nearly all of these have one reader.
        inventory: the sounds that count.
        share: how often a recording that may be cut is.
    """

    spikes: Mapping[Place, NDArray[np.int64]]
    partners: Mapping[tuple[str, str], Sequence[Place]]
    inventory: frozenset[str]
    share: float

    def taken(self, place: Place, dice: np.random.Generator) -> tuple[NDArray[np.float32], Stored]:
        """A recording, or its beginning with the end of a partner and a row of no store with their sounds."""
        if place not in self.spikes or dice.random() >= self.share:
            return super().taken(place, dice)
        tries = [self._joint(place, dice) for _ in range(_TRIES)]
        frames = self.row(place).frames
        head, other, tail, sounds = min(tries, key=lambda joint: abs(self._length(joint) - frames))
        joined = np.concatenate([self.features(place)[:head], self.features(other)[tail:]])
        made = replace(self.row(place).example, path="", phones=sounds, text="", english="", key="")
        return joined, Stored(made, 0, len(joined))

    def _joint(self, place: Place, dice: np.random.Generator) -> _Joint:
        example = self.row(place).example
        partners = self.partners[example.source, example.language]
        number = int(dice.integers(len(partners)))
        while self.row(other := partners[number % len(partners)]).example.path == example.path:
            number += 1  # a copy of the recording itself
        first, second = self._sounds(place), self._sounds(other)
        end, begin = int(dice.integers(1, len(first))), int(dice.integers(1, len(second)))
        return _Joint(self._cut(place, end), other, self._cut(other, begin), first[:end] + second[begin:])

    def _length(self, joint: _Joint) -> int:
        return joint.head + self.row(joint.other).frames - joint.tail

    def _sounds(self, place: Place) -> tuple[str, ...]:
        return tuple(sound for sound in self.row(place).example.phones if sound in self.inventory)

    def _cut(self, place: Place, sounds: int) -> int:
        """The frame of features after the first `sounds` sounds: half-way to the next one, and 20 ms later.

        The 20 ms were never compared with none.
        """
        spikes = self.spikes[place]
        between = float(spikes[sounds - 1] + spikes[sounds]) / 2
        return min(self.row(place).frames, round(_FRAMES * (between + 0.5)))


def spliced(
    source: SpeechSource,
    sets: Sequence[str],
    share: float,
    model: Sounds,
    sounds: Sequence[str],
    kept: Path,
) -> SplicedSource:
    """A source that splices the recordings of some sets, cut where a trained network hears their sounds.

    Where the sounds are is kept in the file `kept`, so that a run that goes on cuts where it cut before. How
    many recordings can be cut is said.
    """
    number = {sound: place for place, sound in enumerate(sounds) if sound}
    places = [place for name in sets for place in source.groups.get(name, ())]
    if not kept.exists():
        _keep(_aligned(source, places, model, number), kept)
    spikes = _read(kept)
    partners: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for place in spikes:
        example = source.row(place).example
        partners[example.source, example.language].append(place)
    alone = [key for key, some in partners.items() if len({source.row(one).example.path for one in some}) < 2]
    for key in alone:
        for place in partners.pop(key):
            del spikes[place]
    sys.stderr.write(f"{len(spikes):,} of {len(places):,} recordings can be cut and joined with others\n")
    return SplicedSource(
        source.stores, source.groups, source.shares, spikes, dict(partners), frozenset(number), share
    )


def _keep(spikes: Mapping[Place, NDArray[np.int64]], path: Path) -> None:
    partial = path.with_suffix(".partial")
    with partial.open("wb") as stream:
        np.savez(
            stream,
            places=np.array(list(spikes), np.int64).reshape(-1, 2),
            lengths=np.array([len(one) for one in spikes.values()], np.int64),
            frames=np.concatenate([np.zeros(0, np.int64), *spikes.values()]),
        )
    partial.replace(path)


def _read(path: Path) -> dict[Place, NDArray[np.int64]]:
    with np.load(path, allow_pickle=False) as kept:
        pieces = np.split(kept["frames"], np.cumsum(kept["lengths"])[:-1])
        places = kept["places"].tolist()
        return {(one, two): piece for (one, two), piece in zip(places, pieces, strict=False)}


@torch.inference_mode()
def _aligned(
    source: SpeechSource, places: Sequence[Place], model: Sounds, number: Mapping[str, int]
) -> dict[Place, NDArray[np.int64]]:
    ordered = sorted(places, key=lambda place: source.row(place).frames)
    device, training = model.head.weight.device, model.training
    model.eval()
    found: dict[Place, NDArray[np.int64]] = {}
    progress = Progress("alignments", len(ordered), interval=30)
    for start in range(0, len(ordered), _AT_ONCE):
        some = ordered[start : start + _AT_ONCE]
        batch = collate(source, some)
        logits, mask = model(batch.features.to(device), batch.lengths.to(device))
        odds = logits.float().log_softmax(-1).cpu().numpy()
        for place, row, heard, length in zip(some, batch.rows, odds, mask.sum(1).tolist(), strict=True):
            labels = np.array([number[sound] for sound in row.example.phones if sound in number], np.int64)
            aligned = spikes(heard[:length], labels) if len(labels) > 1 else None
            if aligned is not None and aligned[1] > _DOUBTFUL:
                found[place] = aligned[0]
        progress.advance(len(some))
    model.train(training)
    return found


def spikes(odds: NDArray[np.float32], labels: NDArray[np.int64]) -> tuple[NDArray[np.int64], float] | None:
    """Where the best CTC path says each label most clearly; none where no path fits.

    Args:
        odds: (T, V) log-likelihoods; number 0 is the blank.
        labels: (N,), N ≥ 1.

    Returns:
        (N,) ascending frames, and the log-likelihood of the path, a frame.
    """
    states = np.zeros(2 * len(labels) + 1, np.int64)
    states[1::2] = labels
    skips = np.zeros(len(states), bool)
    skips[3::2] = labels[1:] != labels[:-1]
    said = odds[:, states].astype(np.float64)
    best = np.full(len(states), -np.inf)
    best[:2] = said[0, :2]
    steps = np.zeros(said.shape, np.int64)
    for frame in range(1, len(said)):
        one, two = np.full_like(best, -np.inf), np.full_like(best, -np.inf)
        one[1:], two[2:] = best[:-1], best[:-2]
        choices = np.stack([best, one, np.where(skips, two, -np.inf)])
        steps[frame] = choices.argmax(0)
        best = choices.max(0) + said[frame]
    state = len(states) - 1 if best[-1] > best[-2] else len(states) - 2
    if not np.isfinite(best[state]):
        return None
    fit = float(best[state]) / len(said)
    path = np.zeros(len(said), np.int64)
    for frame in range(len(said) - 1, -1, -1):
        path[frame] = state
        state -= steps[frame, state]
    clearest = np.where(path[:, None] == np.arange(1, len(states), 2), said[:, 1::2], -np.inf)
    return clearest.argmax(0), fit
