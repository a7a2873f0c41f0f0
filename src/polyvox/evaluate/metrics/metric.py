"""What a metric is given, and what it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyvox.evaluate.problem import Problem
from polyvox.evaluate.search import Found, Tie, Vectors

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """A problem, its exact ranking, and the vectors that made it; a run file comes without vectors."""

    problem: Problem
    found: Found
    queries: Vectors | None = None
    documents: Vectors | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One number, with the value of each query where there is such a thing, (Q,)."""

    value: float
    per_query: Values | None = None
    note: str = ""

    @classmethod
    def mean(cls, per_query: Values, note: str = "") -> Measured:
        """The mean over all queries."""
        return cls(float(per_query.mean()), per_query, note)


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric by name.

    `measure` gives None where the problem lacks what the metric needs. `depth` is how many of the first
    documents it looks at; `tied` says that its value depends on the tie rule; `row` is the name under which
    per-query values are kept, where it is not the metric's own.
    """

    name: str
    measure: Callable[[Evidence, Tie], Measured | None]
    depth: int = 0
    tied: bool = True
    lower_is_better: bool = False
    row: str = ""
