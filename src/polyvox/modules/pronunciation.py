"""What a pronunciation is looked up by: its sounds in place, their pairs, and its length."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_FROM_START = 8
_FROM_END = 4
LONGEST = 24
"""Sounds of the longest pronunciation."""


def feature_count(kinds: int) -> int:
    """How many different features there are over an inventory of `kinds` sounds, the blank included.

    >>> feature_count(78)
    13207
    """
    return (_FROM_START + _FROM_END + 1) * kinds + 2 * kinds * kinds + LONGEST + 1


def pronunciation_features(
    sounds: NDArray[np.uint8], lengths: NDArray[np.uint8], kinds: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Feature numbers of pronunciations.

    They are: each sound alone, counted from the start and from the end; each two neighbours; each two sounds
    with one between; the length.

    Args:
        sounds: all pronunciations one after the other.
        lengths: sounds of each, between 1 and `LONGEST`.
        kinds: size of the inventory.

    Returns:
        All features one pronunciation after the other, and where each pronunciation's begin.

    >>> features, begins = pronunciation_features(np.uint8([1, 2, 3]), np.uint8([2, 1]), 4)
    >>> begins.tolist(), features[begins[1]:].tolist()
    ([0, 8], [3, 35, 51, 85])
    """
    count = len(lengths)
    ends = np.cumsum(lengths, dtype=np.int64)
    owner = np.repeat(np.arange(count, dtype=np.int32), lengths)
    place = np.arange(len(sounds)) - (ends - lengths)[owner]
    left = ends[owner] - 1 - np.arange(len(sounds))
    spoken = sounds.astype(np.int32)
    offset = (_FROM_START + _FROM_END + 1) * kinds
    early, late = place < _FROM_START, left < _FROM_END
    next_one, next_two = left >= 1, left >= 2
    parts = [
        (owner[early], place[early] * kinds + spoken[early]),
        (owner[late], (_FROM_START + left[late]) * kinds + spoken[late]),
        (owner, (_FROM_START + _FROM_END) * kinds + spoken),
        (owner[next_one], offset + spoken[next_one] * kinds + spoken[np.flatnonzero(next_one) + 1]),
        (
            owner[next_two],
            offset + kinds * kinds + spoken[next_two] * kinds + spoken[np.flatnonzero(next_two) + 2],
        ),
        (np.arange(count), offset + 2 * kinds * kinds + np.minimum(lengths, LONGEST).astype(np.int32)),
    ]
    owners = np.concatenate([part[0] for part in parts])
    features = np.concatenate([part[1] for part in parts]).astype(np.int32)
    order = np.argsort(owners, kind="stable")
    per_word = np.bincount(owners, minlength=count)
    return features[order], np.cumsum(per_word) - per_word
