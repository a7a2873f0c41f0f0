"""One version of the head: the rows of a table version, ready to be scanned."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyvox.index.head_files import SCALE, Narrow
from polyvox.index.quantizer import CodeScanner
from polyvox.index.table import Addresses

Rows = NDArray[np.int64]
"""Row numbers inside the head."""

Mask = NDArray[np.bool_]
"""Shape (rows of the head,): which rows may be found."""

BLOCK = 4_096
GATHER_ROWS = 32_768
PATIENCE_ROWS = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """Rows `start` to `stop` of the head are fragment `fragment` of the table."""

    start: int
    stop: int
    fragment: int


class ScannerSource:
    """Builds the scanner over the codes when it pays.

    Importing FAISS and laying out codes costs as much as a few plain scans of all vectors. So the first
    searches of a process scan plainly, until they have read `PATIENCE_ROWS` rows: a single search from the
    command line never waits for what only the next ones would use.
    """

    def __init__(self, build: Callable[[], CodeScanner | None], *, warm: bool = False) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._scanned = PATIENCE_ROWS if warm else 0
        self._built = False
        self.scanner: CodeScanner | None = None

    def get(self, rows: int) -> CodeScanner | None:
        """The scanner, or None when the `rows` are better scanned plainly this time."""
        if not self._built:
            with self._lock:
                self._scanned += rows
                if not self._built and self._scanned > PATIENCE_ROWS:
                    self.scanner = self._build()
                    self._built = True
        return self.scanner


class Head:
    """The rows of one table version; immutable, so any number of threads may search it.

    Args:
        stored: the rows from the head's files, shape (N, dimension).
        tail: rows that the files do not have, shape (M, dimension); they are numbered on.
        spans: which rows are which fragment; rows in no span are of older versions.
        live: rows that may be found, or None when all may.
        source: gives the scanner over the first rows.
        depth: how many candidates the scanner must propose.
    """

    def __init__(
        self,
        stored: Narrow,
        tail: Narrow,
        spans: list[Span],
        live: Mask | None,
        source: ScannerSource,
        depth: int,
    ) -> None:
        self._stored = stored
        self._tail = tail
        self.live = live
        self._source = source
        self._depth = depth
        ordered = sorted((span for span in spans if span.stop > span.start), key=lambda span: span.start)
        self._starts = np.array([span.start for span in ordered], np.int64)
        self._fragments = np.array([span.fragment for span in ordered], np.uint64)
        self.rows = len(stored) + len(tail)

    def __len__(self) -> int:
        return self.rows if self.live is None else int(np.count_nonzero(self.live))

    def search(
        self, query: NDArray[np.float32], limit: int, mask: Mask | None = None
    ) -> tuple[Addresses, NDArray[np.float32]]:
        """The addresses of the best rows for `query`, shape (dimension,), with their cosines, best first.

        `mask` narrows the live rows further. Scores are those of the 16-bit vectors.
        """
        mask = self.live if mask is None else mask
        allowed = self.rows if mask is None else int(np.count_nonzero(mask))
        if not allowed:
            return np.empty(0, np.uint64), np.empty(0, np.float32)
        rows, scores = self._scored(query, max(limit, 1), mask, allowed)
        order = np.lexsort((rows, -scores))[:limit]
        return self.addresses(rows[order]), scores[order]

    def addresses(self, rows: Rows) -> Addresses:
        """Where in the table the rows are."""
        place = np.searchsorted(self._starts, rows, side="right") - 1
        offsets = (rows - self._starts[place]).astype(np.uint64)
        return (self._fragments[place] << np.uint64(32)) | offsets

    def mask_of(self, addresses: Addresses) -> Mask:
        """The mask that lets only the rows at `addresses` through."""
        mask = np.zeros(self.rows, np.bool_)
        if not len(addresses):
            return mask
        order = np.argsort(self._fragments)
        place = order[np.searchsorted(self._fragments, addresses >> np.uint64(32), sorter=order)]
        mask[self._starts[place] + (addresses & np.uint64(0xFFFFFFFF)).astype(np.int64)] = True
        return mask

    def _scored(
        self, query: NDArray[np.float32], limit: int, mask: Mask | None, allowed: int
    ) -> tuple[Rows, NDArray[np.float32]]:
        if mask is not None and allowed <= GATHER_ROWS:
            rows = np.flatnonzero(mask)
            return rows, self._scores(query, rows)
        scanner = self._source.get(self.rows) if self._depth else None
        if scanner is not None:
            rows = self._proposed(scanner, query, max(self._depth, 4 * limit), mask, allowed)
            if len(rows) >= min(limit, allowed):
                return rows, self._scores(query, rows)
        return self._all_scored(query, limit, mask)

    def _proposed(
        self, scanner: CodeScanner, query: NDArray[np.float32], depth: int, mask: Mask | None, allowed: int
    ) -> Rows:
        """Candidates: at least `depth` of the allowed rows, unless that would mean reading most of them."""
        tail = np.arange(scanner.rows, self.rows)
        asked = depth if mask is None else int(1.2 * depth * self.rows / allowed)
        while True:
            rows = scanner.search(query, asked)
            if mask is None:
                return np.concatenate([rows, tail])
            kept = rows[mask[rows]]
            if len(kept) >= depth or asked >= scanner.rows:
                return np.concatenate([kept, tail[mask[scanner.rows :]]])
            if asked > scanner.rows // 8:
                return np.empty(0, np.int64)
            asked *= 4

    def _scores(self, query: NDArray[np.float32], rows: Rows) -> NDArray[np.float32]:
        scores = np.empty(len(rows), np.float32)
        scaled = query / np.float32(SCALE)
        for begin in range(0, len(rows), BLOCK):
            part = rows[begin : begin + BLOCK]
            scores[begin : begin + BLOCK] = self._gathered(part).astype(np.float32) @ scaled
        return scores

    def _gathered(self, rows: Rows) -> Narrow:
        if not len(self._tail):
            return self._stored.take(rows, axis=0)
        edge = len(self._stored)
        gathered = np.empty((len(rows), self._tail.shape[1]), np.int16)
        late = rows >= edge
        gathered[~late] = self._stored.take(rows[~late], axis=0)
        gathered[late] = self._tail.take(rows[late] - edge, axis=0)
        return gathered

    def _all_scored(
        self, query: NDArray[np.float32], limit: int, mask: Mask | None
    ) -> tuple[Rows, NDArray[np.float32]]:
        scaled = query / np.float32(SCALE)
        best_rows, best_scores = np.empty(0, np.int64), np.empty(0, np.float32)
        for begin in range(0, self.rows, 16 * BLOCK):
            scores = self._plain_scores(scaled, begin, min(begin + 16 * BLOCK, self.rows))
            if mask is not None:
                scores[~mask[begin : begin + len(scores)]] = -np.inf
            top = np.argpartition(-scores, limit)[:limit] if limit < len(scores) else np.arange(len(scores))
            top = top[scores[top] > -np.inf]
            best_rows = np.concatenate([best_rows, top + begin])
            best_scores = np.concatenate([best_scores, scores[top]])
        return best_rows, best_scores

    def _plain_scores(self, scaled: NDArray[np.float32], begin: int, end: int) -> NDArray[np.float32]:
        scores = np.empty(end - begin, np.float32)
        edge = len(self._stored)
        for start in range(begin, end, BLOCK):
            stop = min(start + BLOCK, end)
            late = slice(max(start - edge, 0), max(stop - edge, 0))
            where = start - begin
            for part in (self._stored[start : min(stop, edge)], self._tail[late]):
                scores[where : where + len(part)] = part.astype(np.float32) @ scaled
                where += len(part)
        return scores
