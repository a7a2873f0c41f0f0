"""One line of a table of retrieval: ranks with ties lost, and means over lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Row:
    """One line of a table."""

    name: str
    queries: int
    pool: int
    first: float
    fifth: float
    reciprocal: float
    chance: float

    def __str__(self) -> str:
        return (
            f"| {self.name} | {self.queries} | {self.pool} | {self.first:.3f} | {self.fifth:.3f} | "
            f"{self.reciprocal:.3f} | {self.chance:.4f} |"
        )


HEAD = "| {} | queries | pool | R@1 | R@5 | MRR | R@1 by chance |\n|---|---|---|---|---|---|---|"


def ranks(scores: Vectors, right: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The rank of each query's best right candidate, ties (to a millionth) counted against it.

    >>> ranks(np.array([[0.5, 0.9, 0.4999995]]), np.array([[True, False, False]])).tolist()
    [3]
    """
    best = np.where(right, scores, -np.inf).max(1)
    before = (scores >= best[:, None] - _ROUNDING) & ~right
    found: NDArray[np.int64] = 1 + before.sum(1)
    return found


_ROUNDING = 1e-6


def row(name: str, queries: Vectors, wanted: Sequence[str], pool: Vectors, labels: Sequence[str]) -> Row:
    """Measure queries whose right candidates are those labelled as wanted."""
    right = _folded(wanted)[:, None] == _folded(labels)[None, :]
    found = ranks(queries @ pool.T, right)
    return Row(
        name=name,
        queries=len(queries),
        pool=len(pool),
        first=float((found == 1).mean()),
        fifth=float((found <= 5).mean()),
        reciprocal=float((1 / found).mean()),
        chance=float(right.mean()),
    )


def _folded(labels: Sequence[str]) -> NDArray[np.object_]:
    return np.array([label.casefold() for label in labels], object)


def mean_of(name: str, measured: Sequence[Row]) -> Row:
    """The unweighted mean over rows, and the sum of their queries."""
    return Row(
        name,
        sum(one.queries for one in measured),
        round(float(np.mean([one.pool for one in measured]))),
        *(
            float(np.mean([getattr(one, part) for one in measured]))
            for part in ("first", "fifth", "reciprocal", "chance")
        ),
    )
