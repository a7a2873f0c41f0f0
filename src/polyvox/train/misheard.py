"""Words as a listener might hear them: noise for training the word spotter without audio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_STEP = 8
"""Batches are padded to a multiple of this: kernels are compiled once a shape, so shapes must be few."""


@dataclass(frozen=True, slots=True)
class Mishearing:
    """Highest rates of each error; every text draws its own degree between none and these."""

    substitution: float = 0.35
    deletion: float = 0.18
    insertion: float = 0.12
    doubt: float = 0.6
    blank: float = 0.4


class Misheard(NamedTuple):
    """What is heard of a batch.

    Attributes:
        sounds: distributions, (B, S, V).
        mask: (B, S).
        ends: the number of the word whose last heard sound it is, −1 inside words, (B, S).
    """

    sounds: NDArray[np.float32]
    mask: NDArray[np.bool_]
    ends: NDArray[np.int64]


class _Heard(NamedTuple):
    said: NDArray[np.int64]
    heard: NDArray[np.int64]
    ends: NDArray[np.int64]


def mishear(
    spans: Sequence[Sequence[Sequence[int]]],
    confusion: NDArray[np.float32],
    settings: Mishearing,
    dice: np.random.Generator,
) -> Misheard:
    """What is heard of words whose sounds are known, with errors and doubt.

    Args:
        spans: words said one after the other, each its sound numbers; 0, the blank, does not occur.
        confusion: (V, V), row s is what is heard when s is said; rows sum to 1.
        settings: the highest rates.
        dice: the source of all draws.
    """
    degrees = dice.random(len(spans))
    cumulative = confusion.cumsum(1)
    heard = [
        _err(span, cumulative, settings, degree, dice) for span, degree in zip(spans, degrees, strict=True)
    ]
    longest = -(-max(len(one.heard) for one in heard) // _STEP) * _STEP
    sounds = np.zeros((len(spans), longest, len(confusion)), np.float32)
    mask = np.zeros((len(spans), longest), bool)
    ends = np.full((len(spans), longest), -1)
    for number, (one, degree) in enumerate(zip(heard, degrees, strict=True)):
        length = len(one.heard)
        mask[number, :length] = True
        ends[number, :length] = one.ends
        doubt = (degree * settings.doubt * dice.random(length)).astype(np.float32)[:, None]
        rows = doubt * confusion[one.said]
        rows[np.arange(length), one.heard] += 1 - doubt[:, 0]
        blank = (settings.blank * dice.random(length)).astype(np.float32)[:, None]
        rows *= 1 - blank
        rows[:, 0] += blank[:, 0]
        sounds[number, :length] = rows
    return Misheard(sounds, mask, ends)


def _err(
    span: Sequence[Sequence[int]],
    cumulative: NDArray[np.float32],
    settings: Mishearing,
    degree: float,
    dice: np.random.Generator,
) -> _Heard:
    said = np.concatenate([np.asarray(word, np.int64) for word in span])
    word = np.repeat(np.arange(len(span)), [len(sounds) for sounds in span])
    kept = dice.random(len(said)) >= settings.deletion * degree
    if kept.any():
        said, word = said[kept], word[kept]
    heard = said.copy()
    wrong = dice.random(len(said)) < settings.substitution * degree
    if wrong.any():
        odds = cumulative[said[wrong]]
        draws = dice.random((int(wrong.sum()), 1)) * odds[:, -1:]
        heard[wrong] = (draws > odds).sum(1).clip(1, len(cumulative) - 1)
    ends = np.where(np.append(word[1:] != word[:-1], True), word, -1)
    extra = np.flatnonzero(dice.random(len(said)) < settings.insertion * degree)
    added = dice.integers(1, len(cumulative), len(extra))
    return _Heard(np.insert(said, extra, added), np.insert(heard, extra, added), np.insert(ends, extra, -1))
