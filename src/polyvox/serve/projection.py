"""A map of the collection: its vectors on their two main axes."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyvox.index import Hit
from polyvox.index.schema import ITEM_COLUMNS
from polyvox.index.search import hit_of
from polyvox.index.table import ItemTable

MOST_POINTS = 10_000
MOST_KEPT = 4


@dataclass(frozen=True, slots=True)
class Projection:
    """Items, their places, shape (N, 2), within [-1, 1], and the share of the variance of either axis."""

    items: list[Hit]
    places: NDArray[np.float32]
    explained: tuple[float, float]


class Projections:
    """The projections of the newest version of a table, by number of points; the last few are kept."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int], Projection] = {}
        self._lock = threading.Lock()

    def of(self, table: ItemTable, limit: int) -> Projection:
        """The projection of at most `limit` items, spread evenly over the table; always the same ones."""
        key = (table.version, limit)
        with self._lock:
            if key not in self._kept:
                same = [pair for pair in self._kept.items() if pair[0][0] == key[0]]
                self._kept = dict(same[1 - MOST_KEPT :])
                self._kept[key] = project(table, limit)
            return self._kept[key]


def project(table: ItemTable, limit: int) -> Projection:
    """Principal components of a sample of the table (Pearson, Phil. Mag. 1901).

    Of each axis the sign is chosen so that the largest weight is positive, so that the map does not flip.
    """
    addresses = table.addresses()
    chosen = np.unique(np.linspace(0, len(addresses) - 1, min(limit, len(addresses))).astype(int))
    rows = table.rows(addresses[chosen].tolist(), [*ITEM_COLUMNS, "vector"])
    vectors = np.array([row.pop("vector") for row in rows.values()], np.float32).reshape(
        len(rows), -1 if rows else 0
    )
    items = [hit_of(row, 0.0, {}) for row in rows.values()]
    places, explained = main_axes(vectors)
    return Projection(items, places, explained)


def main_axes(vectors: NDArray[np.float32]) -> tuple[NDArray[np.float32], tuple[float, float]]:
    """Vectors, shape (N, D), on their two main axes, shape (N, 2), scaled into [-1, 1].

    >>> places, explained = main_axes(np.array([[2, 0, 0], [-2, 0, 0], [0, 1, 0], [0, -1, 0]], np.float32))
    >>> places[0].tolist(), explained
    ([1.0, 0.0], (0.8, 0.2))
    """
    if len(vectors) < 2:
        # There is no variance to explain.
        return np.zeros((len(vectors), 2), np.float32), (0.0, 0.0)
    centred = (vectors - vectors.mean(axis=0)).astype(np.float64)
    strengths, axes = np.linalg.eigh(centred.T @ centred)
    main = axes[:, ::-1][:, :2]
    main = main * np.where(main[np.abs(main).argmax(axis=0), [0, 1]] < 0, -1, 1)
    places = centred @ main
    total = max(float(strengths.sum()), 1e-12)
    shares = [round(max(0.0, float(one)) / total, 4) for one in strengths[::-1][:2]]
    return (places / max(float(np.abs(places).max()), 1e-12)).astype(np.float32), (shares[0], shares[1])
