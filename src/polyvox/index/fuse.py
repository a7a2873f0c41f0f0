"""Reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

K = 60
"""The constant of the paper."""

Name = TypeVar("Name", bound=Hashable)


def reciprocal_ranks(rankings: Mapping[str, Sequence[Name]], k: int = K) -> list[tuple[Name, float]]:
    """Fuse rankings: each item's score is the sum over the rankings that list it of 1 / (k + rank).

    Ranks count from 1. Equal scores keep the order in which the items first appear.

    >>> reciprocal_ranks({"dense": ["a", "b"], "lexical": ["b"]}, k=60)
    [('b', 0.0325), ('a', 0.0164)]
    """
    scores: dict[Name, float] = {}
    for ranking in rankings.values():
        for rank, name in enumerate(ranking, start=1):
            scores[name] = scores.get(name, 0.0) + 1.0 / (k + rank)
    return sorted(scores.items(), key=lambda pair: -pair[1])
