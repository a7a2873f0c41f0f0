"""How well pronunciations fit stretches of sound: the best CTC path through each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]
_NEVER = np.float32(-1e9)


def path_scores(stretches: Sequence[Scores], sounds: NDArray[np.uint8], lengths: NDArray[np.uint8]) -> Scores:
    """The log-likelihood of the best CTC path of each candidate through its stretch.

    Viterbi over the states blank, sound, blank, …, blank (Graves et al. 2006, section 4.1, the sum over paths
    replaced by the best one).

    Args:
        stretches: G log-likelihoods of the sounds by frame, (T, V), the blank first; T at least 1.
        sounds: (G, N, L) candidate pronunciations of each stretch, filled up with any sound.
        lengths: (G, N) sounds of each.

    Returns:
        (G, N); about -1e9 where a candidate has more sounds than the stretch can hold.
    """
    groups, candidates, longest = sounds.shape
    states = np.zeros((groups, candidates, 2 * longest + 1), np.int64)
    states[:, :, 1::2] = sounds
    # A sound may follow another at once, but between two equal sounds there is a blank.
    jumps = np.zeros(states.shape, bool)
    jumps[:, :, 3::2] = sounds[:, :, 1:] != sounds[:, :, :-1]
    frames = np.array([len(stretch) for stretch in stretches])
    padded = np.zeros((groups, int(frames.max()), stretches[0].shape[1]), np.float32)
    for row, stretch in zip(padded, stretches, strict=True):
        row[: len(stretch)] = stretch
    which = np.arange(groups)[:, None, None]
    best = np.full(states.shape, _NEVER, np.float32)
    best[:, :, :2] = padded[which, 0, states[:, :, :2]]
    found = np.empty((groups, candidates), np.float32)
    for frame in range(int(frames.max())):
        if frame:
            stayed = best.copy()
            np.maximum(stayed[:, :, 1:], best[:, :, :-1], out=stayed[:, :, 1:])
            jumped = np.where(jumps[:, :, 2:], best[:, :, :-2], _NEVER)
            np.maximum(stayed[:, :, 2:], jumped, out=stayed[:, :, 2:])
            best = stayed + padded[which, frame, states]
        over = np.flatnonzero(frames == frame + 1)
        if len(over):
            last = 2 * lengths[over].astype(np.int64)[:, :, None]
            ends = np.take_along_axis(best[over], np.concatenate([last, last - 1], 2), 2)
            found[over] = ends.max(2)
    return found
