"""Which vectors belong together: the nearest pairs, joined while whole groups stay near."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.protocol import Vectors

NEIGHBOURS = 50
"""Nearest vectors of each that may join it; bounds the memory, whatever the vectors are."""
BLOCK = 1024
"""Vectors whose neighbours are sought at once."""


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that belong together, the one nearest to the middle first.

    `distances` are one minus the cosine with the mean of the group, one a member.
    """

    members: tuple[int, ...]
    distances: tuple[float, ...]


Watch = Callable[[int, int], None]
"""Hears how many vectors of how many have their neighbours."""


def groups_of(
    vectors: Vectors, threshold: float, *, neighbours: int = NEIGHBOURS, watch: Watch | None = None
) -> list[Group]:
    """Group vectors whose mean cosine is at least `threshold`, the largest groups first.

    Average linkage (Sokal and Michener 1958) along the nearest pairs: they are taken from the most similar
    on, and two groups become one where the mean cosine between their members is high enough. Vectors that
    are alone, or all zeros, are in no group.

    Args:
        vectors: (N, dimension), rows of unit length or zero.
        threshold: cosine, above 0 and at most 1.
        neighbours: as `NEIGHBOURS`.
        watch: hears how far it has come; the time grows with the square of N.

    >>> [group.members for group in groups_of(np.float32([[1, 0], [0, 1], [0.6, 0.8], [0, -1]]), 0.7)]
    [(1, 2)]
    """
    rows = np.ascontiguousarray(vectors, np.float32)
    joined = _Joined(rows, threshold)
    pairs = sorted(_near_pairs(rows, threshold, neighbours, watch), reverse=True)
    for _, one, other in pairs:
        joined.join(one, other)
    found = [_group(rows, members) for members in joined.groups()]
    return sorted(found, key=lambda group: (-len(group.members), group.members))


def _near_pairs(
    rows: Vectors, threshold: float, neighbours: int, watch: Watch | None
) -> Iterator[tuple[float, int, int]]:
    """The cosine of two rows and their numbers, each pair of neighbours once or twice."""
    import faiss

    index = faiss.IndexFlatIP(rows.shape[1])
    index.add(rows)
    for begin in range(0, len(rows), BLOCK):
        cosines, places = index.search(rows[begin : begin + BLOCK], min(neighbours + 1, len(rows)))
        for own, rank in zip(*np.nonzero(cosines >= threshold), strict=True):
            one, other = begin + int(own), int(places[own, rank])
            if one != other:
                yield float(cosines[own, rank]), min(one, other), max(one, other)
        if watch:
            watch(min(begin + BLOCK, len(rows)), len(rows))


class _Joined:
    """Groups as sums of vectors: the inner product of two sums is the sum of all cosines between them."""

    def __init__(self, rows: Vectors, threshold: float) -> None:
        self._threshold = threshold
        self._sums: dict[int, NDArray[np.float32]] = {}
        self._members: dict[int, list[int]] = {}
        self._group = list(range(len(rows)))
        self._rows = rows

    def join(self, one: int, other: int) -> None:
        first, second = self._group[one], self._group[other]
        if first == second:
            return
        sums, sizes = zip(*map(self._of, (first, second)), strict=True)
        if float(sums[0] @ sums[1]) < self._threshold * sizes[0] * sizes[1]:
            return
        kept, gone = (first, second) if sizes[0] >= sizes[1] else (second, first)
        moved = self._members.pop(gone, [gone])
        self._members[kept] = [*self._members.get(kept, [kept]), *moved]
        self._sums[kept] = sums[0] + sums[1]
        self._sums.pop(gone, None)
        for row in moved:
            self._group[row] = kept

    def groups(self) -> list[list[int]]:
        return list(self._members.values())

    def _of(self, group: int) -> tuple[NDArray[np.float32], int]:
        return self._sums.get(group, self._rows[group]), len(self._members.get(group, (group,)))


def _group(rows: Vectors, members: list[int]) -> Group:
    numbers = np.sort(np.array(members))
    middle = rows[numbers].mean(axis=0)
    distances = 1 - rows[numbers] @ (middle / max(float(np.linalg.norm(middle)), 1e-12))
    order = np.argsort(distances, kind="stable")
    return Group(tuple(numbers[order].tolist()), tuple(distances[order].tolist()))
