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
    frames = np.array([len(stretch) for stretch in stretches])
    order = np.argsort(-frames, kind="stable")
    states, jumps = _states(sounds[order])
    emitted = _time_first([stretches[number] for number in order])
    kinds = emitted.shape[2]
    # Where a state's likelihood stands among those of all stretches in one frame.
    places = states + kinds * np.arange(len(order))[:, None]
    best = np.full(states.shape, _NEVER, np.float32)
    best[:2] = np.take(emitted[0], places[:2])
    found = np.empty(sounds.shape[:2], np.float32)
    for frame in range(int(frames.max())):
        going = int((frames > frame).sum())
        if frame:
            best = _step(best[:, :going], jumps[:, :going])
            best += np.take(emitted[frame], places[:, :going])
        for row in range(int((frames > frame + 1).sum()), going):
            found[order[row]] = _at_end(best[:, row], lengths[order[row]])
    return found


def _states(sounds: NDArray[np.uint8]) -> tuple[NDArray[np.int64], Scores]:
    """Blank, sound, blank, …, blank, (2L + 1, G, N), and what skipping the blank before a state costs.

    States come first, so that a step of all candidates runs over long rows of memory.
    """
    groups, candidates, longest = sounds.shape
    said = np.moveaxis(sounds, 2, 0)
    states = np.zeros((2 * longest + 1, groups, candidates), np.int64)
    states[1::2] = said
    jumps = np.full(states.shape, _NEVER, np.float32)
    # A sound may follow another at once, but between two equal sounds there is a blank.
    jumps[3::2][said[1:] != said[:-1]] = 0
    return states, jumps


def _time_first(stretches: Sequence[Scores]) -> Scores:
    """All stretches frame by frame, (T, G, V), short ones filled up with zeros."""
    longest = max(map(len, stretches))
    out = np.zeros((longest, len(stretches), stretches[0].shape[1]), np.float32)
    for number, stretch in enumerate(stretches):
        out[: len(stretch), number] = stretch
    return out


def _step(best: Scores, jumps: Scores) -> Scores:
    """Stay, come from the state before, or jump over a blank."""
    came = best.copy()
    np.maximum(came[1:], best[:-1], out=came[1:])
    np.maximum(came[2:], best[:-2] + jumps[2:], out=came[2:])
    return came


def _at_end(best: Scores, lengths: NDArray[np.uint8]) -> Scores:
    """The better of the last sound and the blank after it, for candidates (2L + 1, N)."""
    last = 2 * lengths.astype(np.int64)
    candidates = np.arange(len(lengths))
    ends: Scores = np.maximum(best[last, candidates], best[last - 1, candidates])
    return ends
