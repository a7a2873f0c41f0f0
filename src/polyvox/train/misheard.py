"""Sounds as a listener might hear them: noise for training the upper half without audio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


def mishear(
    texts: Sequence[Sequence[int]],
    confusion: NDArray[np.float32],
    settings: Mishearing,
    dice: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Distributions over sounds for texts whose sounds are known, with errors and doubt.

    Args:
        texts: sound numbers of each text; 0, the blank, does not occur.
        confusion: (V, V), row s is what is heard when s is said; rows sum to 1.
        settings: the highest rates.
        dice: the source of all draws.

    Returns:
        Distributions (B, S, V) and their mask (B, S).
    """
    degrees = dice.random(len(texts))
    pairs = [
        _err(np.asarray(text), confusion, settings, degree, dice)
        for text, degree in zip(texts, degrees, strict=True)
    ]
    longest = -(-max(len(heard) for _, heard in pairs) // _STEP) * _STEP
    kinds = confusion.shape[0]
    out = np.zeros((len(texts), longest, kinds), np.float32)
    mask = np.zeros((len(texts), longest), bool)
    for number, ((said, heard), degree) in enumerate(zip(pairs, degrees, strict=True)):
        length = len(heard)
        mask[number, :length] = True
        doubt = (degree * settings.doubt * dice.random(length)).astype(np.float32)[:, None]
        rows = doubt * confusion[said]
        rows[np.arange(length), heard] += 1 - doubt[:, 0]
        blank = (settings.blank * dice.random(length)).astype(np.float32)[:, None]
        rows *= 1 - blank
        rows[:, 0] += blank[:, 0]
        out[number, :length] = rows
    return out, mask


def _err(
    said: NDArray[np.int64],
    confusion: NDArray[np.float32],
    settings: Mishearing,
    degree: float,
    dice: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    kept = dice.random(len(said)) >= settings.deletion * degree
    if kept.any():
        said = said[kept]
    heard = said.copy()
    wrong = dice.random(len(said)) < settings.substitution * degree
    if wrong.any():
        cumulative = confusion[said[wrong]].cumsum(1)
        draws = dice.random((int(wrong.sum()), 1)) * cumulative[:, -1:]
        heard[wrong] = (draws > cumulative).sum(1).clip(1, len(confusion) - 1)
    extra = np.flatnonzero(dice.random(len(said)) < settings.insertion * degree)
    added = dice.integers(1, len(confusion), len(extra))
    return np.insert(said, extra, added), np.insert(heard, extra, added)
