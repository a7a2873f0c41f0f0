"""Pairs by the number of the step, texts of like length together, and the noise of denoising."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from polyvox.train.sonar.corpus import Pair

_CHUNK = 8
"""So many batches are drawn at once and sorted by length, so that little is padding."""
DrawPairs = Callable[[int, np.random.Generator], list[Pair]]
"""Draws so many pairs."""


class Batches:
    """Batches of pairs by the number of the step.

    Args:
        draw: draws pairs.
        size: pairs of a batch.
        seed: of the draws.
    """

    def __init__(self, draw: DrawPairs, size: int, seed: int) -> None:
        self._draw, self._size, self._seed = draw, size, seed
        self._drawn: tuple[int, list[list[Pair]]] = (-1, [])

    def at(self, step: int) -> list[Pair]:
        """The pairs of a step, whatever was asked before."""
        chunk, place = divmod(step, _CHUNK)
        if self._drawn[0] != chunk:
            self._drawn = (chunk, self._chunk(chunk))
        return self._drawn[1][place]

    def _chunk(self, chunk: int) -> list[list[Pair]]:
        dice = np.random.default_rng([self._seed, chunk])
        pairs = sorted(self._draw(self._size * _CHUNK, dice), key=len)
        batches = [pairs[place * self._size : (place + 1) * self._size] for place in range(_CHUNK)]
        return [batches[place] for place in dice.permutation(_CHUNK)]


def noisy(tokens: Sequence[int], mask: int, dice: np.random.Generator) -> list[int]:
    """Tokens as denoising gives them to the encoder: some hidden, some gone, neighbours out of order.

    Each token is left out with probability 0.1 and hidden with 0.15; those that stay move by up to two places
    (Lample et al. 2018, https://arxiv.org/abs/1711.00043). One token stays at least.

    >>> noisy([7], 0, np.random.default_rng(1))
    [7]
    """
    chance = dice.random(len(tokens))
    kept = [mask if odds < 0.25 else token for token, odds in zip(tokens, chance, strict=True) if odds >= 0.1]
    kept = kept or list(tokens[:1])
    order = np.argsort(np.arange(len(kept)) + dice.uniform(0, 3, len(kept)), kind="stable")
    return [kept[place] for place in order]


def tagged(languages: Sequence[str], unspecified: float, dice: np.random.Generator) -> list[str]:
    """Languages, some of which are not named."""
    hidden = dice.random(len(languages)) < unspecified
    return ["und" if hide else language for language, hide in zip(languages, hidden, strict=True)]
