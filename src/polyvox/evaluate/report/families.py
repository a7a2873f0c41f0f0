"""Comparisons gathered in families, so that each family's p-values are corrected together."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray

from polyvox.evaluate.report.results import Verdict
from polyvox.evaluate.significance import ALPHA, ROUNDS, holm, paired_t_test, randomisation_test

_ROUNDS_PER_COMPARISON = 40
"""So many random swappings for each comparison of a family; else Holm's smallest p could not reach alpha."""

FAMILIES = ("tests", "languages", "dimensions")


class Comparisons:
    """Pairs of scores that wait for each other, since a p-value depends on how many were tried."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._pairs: dict[str, dict[Hashable, tuple[NDArray[np.floating], NDArray[np.floating]]]] = {
            family: {} for family in FAMILIES
        }
        self._verdicts: dict[tuple[str, Hashable], Verdict] = {}

    def add(
        self,
        family: str,
        address: Hashable,
        values: NDArray[np.floating] | None,
        base: NDArray[np.floating] | None,
    ) -> None:
        """Compare `values` with `base`, both of shape (queries,); nothing where one of them is missing."""
        if values is not None and base is not None:
            self._pairs[family][address] = values, base

    def rounds(self) -> int:
        """Random swappings of each test."""
        return max(ROUNDS, _ROUNDS_PER_COMPARISON * max(map(len, self._pairs.values())))

    def sizes(self) -> dict[str, int]:
        """How many comparisons each family has."""
        return {family: len(pairs) for family, pairs in self._pairs.items() if pairs}

    def judge(self) -> None:
        """Make all tests and correct them family by family."""
        for family, pairs in self._pairs.items():
            randomisation = holm(
                [randomisation_test(*pair, rounds=self.rounds(), seed=self._seed) for pair in pairs.values()]
            )
            student = holm([paired_t_test(*pair) if len(pair[0]) > 1 else 1.0 for pair in pairs.values()])
            for (address, (values, base)), p, t in zip(pairs.items(), randomisation, student, strict=True):
                lead = float(values.sum() - base.sum())
                wins = int(np.sign(lead)) if p < ALPHA else 0
                self._verdicts[family, address] = Verdict(wins, p, t)

    def verdict(self, family: str, address: Hashable) -> Verdict | None:
        """What came of a comparison; None where there was none."""
        return self._verdicts.get((family, address))
