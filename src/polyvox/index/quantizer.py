"""Four-bit codes for the scan: which directions of the space are kept, and how they are rounded.

A vector is turned into the principal axes of the collection and cut to the leading ones (Jolliffe, "Principal
Component Analysis", 2002). Those are mixed by a random rotation, so that every code carries the same energy:
the scan rounds its look-up tables to eight bits with one step for all of them, and one strong axis would
drown the rest. Then it is rounded by a product quantizer with 16 centroids a part (Jégou et al. 2011), in the
layout that FAISS scans with shuffles in registers (André et al. 2017). The scan reads every code; only the
candidates that it proposes are scored with the vectors.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.protocol import Vectors

CENTROIDS = 16
PARTS = 64
SAMPLE_ROWS = 16_384
ENCODE_BLOCK = 16_384

Codes = NDArray[np.uint8]
"""Shape (N, code bytes): two 4-bit codes a byte."""


@dataclass(frozen=True, slots=True, eq=False)
class Quantizer:
    """The map from vectors to codes.

    Attributes:
        projection: shape (dimension, width); rotates, cuts and mixes.
        centroids: shape (parts, 16, width / parts).
        trained_rows: how many rows the index had when this was learned.
    """

    projection: Vectors
    centroids: Vectors
    trained_rows: int

    @property
    def width(self) -> int:
        """Components that are kept of a vector."""
        return int(self.projection.shape[1])

    @property
    def code_bytes(self) -> int:
        """Bytes of one row's code."""
        return (len(self.centroids) + 1) // 2

    def encode(self, rows: Vectors) -> Codes:
        """The codes of rows of shape (N, dimension)."""
        codes: Codes = self._product_quantizer().compute_codes(np.ascontiguousarray(rows @ self.projection))
        return codes

    def scanner(self, codes: Codes) -> CodeScanner:
        """A scanner over codes, shape (N, code bytes)."""
        import faiss

        plain = faiss.IndexPQ(self.width, len(self.centroids), 4, faiss.METRIC_INNER_PRODUCT)
        plain.pq = self._product_quantizer()
        plain.is_trained = True
        plain.add_sa_codes(np.ascontiguousarray(codes))
        pack: Any = faiss.IndexPQFastScan
        return CodeScanner(self.projection, pack(plain))

    def save(self, path: Path) -> None:
        """Write the quantizer as one .npz file."""
        with path.open("wb") as file:
            np.savez(
                file,
                projection=self.projection,
                centroids=self.centroids,
                trained_rows=np.int64(self.trained_rows),
            )

    @classmethod
    def load(cls, path: Path) -> Quantizer:
        """Read what `save` wrote.

        Raises:
            OSError, ValueError, KeyError: the file is missing or damaged.
        """
        with np.load(path, allow_pickle=False) as arrays:
            return cls(arrays["projection"], arrays["centroids"], int(arrays["trained_rows"]))

    def _product_quantizer(self) -> Any:  # noqa: ANN401 - FAISS has no types
        import faiss

        product = faiss.ProductQuantizer(self.width, len(self.centroids), 4)
        faiss.copy_array_to_vector(np.ascontiguousarray(self.centroids).reshape(-1), product.centroids)
        return product


class CodeScanner:
    """Codes in memory, laid out for the scan; immutable, so any number of threads may search it."""

    def __init__(self, projection: Vectors, packed: Any) -> None:  # noqa: ANN401 - FAISS has no types
        self._projection = projection
        self._packed = packed
        self.rows = int(packed.ntotal)

    def search(self, query: NDArray[np.float32], depth: int) -> NDArray[np.int64]:
        """The `depth` rows whose codes look nearest to `query`, shape (dimension,), best first."""
        projected = np.ascontiguousarray(query @ self._projection)[None]
        found: NDArray[np.int64] = self._packed.search(projected, min(depth, self.rows))[1][0]
        return found[found >= 0]

    def extended(self, more: CodeScanner) -> CodeScanner:
        """A scanner over these rows and then `more`'s; takes what is in `more`."""
        import faiss

        packed = faiss.clone_index(self._packed)
        packed.merge_from(more._packed, 0)
        return CodeScanner(self._projection, packed)


_TRAINING = threading.Lock()


def train_quantizer(sample: Vectors, rows: int, parts: int = PARTS) -> Quantizer:
    """Learn a quantizer from a sample of shape (N, dimension) of an index of `rows` rows.

    The width is the one under which the true neighbours inside the sample are proposed first. Deterministic:
    the same sample gives the same quantizer.
    """
    sample = np.ascontiguousarray(sample[:SAMPLE_ROWS])
    axes = _principal_axes(sample)
    queries = blended(sample)
    truth = _true_neighbours(sample, queries)
    best: tuple[float, Quantizer] | None = None
    for width in _widths(sample.shape[1], parts):
        quantizer = _trained(sample, axes[:, :width], parts, rows)
        scanner = quantizer.scanner(quantizer.encode(sample))
        ranks = neighbour_ranks(scanner, queries, truth, depth=len(sample))
        if best is None or ranks.mean() < best[0]:
            best = (float(ranks.mean()), quantizer)
    assert best is not None  # noqa: S101 - there is always a width
    return best[1]


def blended(rows: Vectors, count: int = 64) -> Vectors:
    """Queries for calibration: each lies between two rows, so it is near to things but equal to none."""
    picks = np.linspace(0, len(rows) - 1, 2 * count).astype(np.int64)
    mixed = rows[picks[:count]] + 0.5 * rows[picks[count:]]
    return np.asarray(mixed / np.maximum(np.linalg.norm(mixed, axis=1, keepdims=True), 1e-9), np.float32)


def neighbour_ranks(
    scanner: CodeScanner, queries: Vectors, truth: NDArray[np.int64], depth: int
) -> NDArray[np.float64]:
    """At which rank, from 1, the scan proposes each true neighbour, shape (queries, neighbours).

    A neighbour that is not among the first `depth` has rank infinity, or twice the number of rows when all
    rows are listed.
    """
    ranks = np.full(truth.shape, np.inf)
    for row, (query, wanted) in enumerate(zip(queries, truth, strict=True)):
        found = scanner.search(query, depth)
        order = np.argsort(found)
        place = np.minimum(np.searchsorted(found, wanted, sorter=order), len(found) - 1)
        hit = found[order[place]] == wanted
        ranks[row, hit] = order[place][hit] + 1
    return ranks


def _widths(dimension: int, parts: int) -> list[int]:
    """Widths to try: multiples of the number of parts, up to the dimension or the next above it."""
    if dimension < parts:
        return [dimension]
    return sorted({width for factor in (1, 2, 3, 4, 6) if (width := factor * parts) <= dimension})


def _principal_axes(sample: Vectors) -> Vectors:
    _, axes = np.linalg.eigh((sample.T @ sample).astype(np.float64))
    return np.asarray(axes[:, ::-1], np.float32)


def _trained(sample: Vectors, axes: Vectors, parts: int, rows: int) -> Quantizer:
    import faiss

    width = axes.shape[1]
    parts = min(parts, width)
    mixing, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((width, width)))
    projection = np.ascontiguousarray(axes @ mixing.astype(np.float32))
    product = faiss.ProductQuantizer(width, parts, 4)
    product.cp.niter = 10
    product.train(np.ascontiguousarray(sample @ projection))
    centroids = faiss.vector_to_array(product.centroids).reshape(parts, CENTROIDS, width // parts)
    return Quantizer(projection, np.ascontiguousarray(centroids), rows)


def _true_neighbours(rows: Vectors, queries: Vectors, count: int = 10) -> NDArray[np.int64]:
    return np.argpartition(-(queries @ rows.T), count, axis=1)[:, :count].astype(np.int64)
