"""xsim and xsim++: the error rate of mining translations by margin."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from polyvox.evaluate.metrics.metric import Values
from polyvox.evaluate.search import TOLERANCE, Integers, Tie, Vectors, nearest

NEIGHBOURS = 4


class Margin(StrEnum):
    """How a cosine is compared with those of the neighbours."""

    RATIO = "ratio"
    DISTANCE = "distance"
    ABSOLUTE = "absolute"


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The nearest documents of each query with their margins, (Q, k) each."""

    documents: Integers
    margins: Values

    def errors(self, wanted: Sequence[Collection[str]], labels: Sequence[str], tie: Tie) -> Values:
        """1 for each query whose best candidate by margin has not a wanted label, (Q,).

        The reference code takes the first of equal margins; here a wrong one among them is an error for the
        pessimistic and none for the optimistic rule.
        """
        right = np.array(
            [
                [labels[place] in labels_wanted for place in row]
                for row, labels_wanted in zip(self.documents, wanted, strict=True)
            ]
        )
        best_right = np.where(right, self.margins, -np.inf).max(axis=1)
        best_wrong = np.where(right, -np.inf, self.margins).max(axis=1)
        slack = TOLERANCE if tie is Tie.PESSIMISTIC else -TOLERANCE
        wrong: Values = (~right.any(axis=1) | (best_wrong > best_right - slack)).astype(np.float64)
        return wrong

    def choices(self) -> Integers:
        """The best candidate of each query by margin, the nearer one among equals, (Q,)."""
        best = self.margins.argmax(axis=1)
        chosen: Integers = self.documents[np.arange(len(best)), best]
        return chosen


def candidates(
    queries: Vectors, documents: Vectors, margin: Margin = Margin.RATIO, neighbours: int = NEIGHBOURS
) -> Candidates:
    """Score the k nearest documents y of each query x by margin (Artetxe and Schwenk, ACL 2019).

    With b(x, y) = (mean cosine of x and its k nearest y + mean cosine of y and its k nearest x) / 2:
    ratio cos(x, y) / b, distance cos(x, y) − b, absolute cos(x, y), for which only the nearest y counts.
    This is the definition of LASER's `xsim.py`, k = 4.

    Args:
        queries: unit vectors, (Q, D).
        documents: unit vectors, (N, D); for xsim++ the translations and then the synthetic negatives.
        margin: how the cosine is compared.
        neighbours: k; the pool's size where that is smaller.
    """
    if margin is Margin.ABSOLUTE:
        # One more than LASER looks at, so that a tie is seen.
        places, cosines = nearest(queries, documents, 2)
        return Candidates(places, cosines.astype(np.float64))
    places, cosines = nearest(queries, documents, neighbours)
    _, backwards = nearest(documents, queries, neighbours)
    around = (cosines.mean(axis=1)[:, None] + backwards.mean(axis=1)[places]) / 2
    compared = cosines / around if margin is Margin.RATIO else cosines - around
    return Candidates(places, compared.astype(np.float64))


def errors_by_kind(choices: Integers, kinds: Sequence[str]) -> dict[str, int]:
    """xsim++ by kind of synthetic negative (causality, entity, number): how often each was taken.

    Chen et al., ACL 2023, arXiv 2306.12907. `kinds` is empty for documents that are not synthetic.

    >>> errors_by_kind(np.array([0, 3, 3, 2]), ["", "", "entity", "number"])
    {'number': 2, 'entity': 1}
    """
    taken: dict[str, int] = {}
    for place in choices:
        if kinds[place]:
            taken[kinds[place]] = taken.get(kinds[place], 0) + 1
    return taken
