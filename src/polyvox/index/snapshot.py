"""What a search looks at: one version of the table and the head for it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from polyvox.index.head import Head, Mask, Span
from polyvox.index.head_reader import HeadReader
from polyvox.index.table import Fragment, ItemTable

LOGGER = logging.getLogger(__name__)

MASKS = 64
TAIL_ROWS = 65_536
WAIT_SECONDS = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """One version of the index; immutable but for the masks it remembers."""

    table: ItemTable
    head: Head
    _masks: dict[str, Mask] = field(default_factory=dict)

    def mask(self, condition: str) -> Mask | None:
        """The rows that meet a SQL condition; None when there is no condition."""
        if not condition:
            return None
        known = self._masks.get(condition)
        if known is None:
            known = self.head.mask_of(self.table.addresses(condition))
            if len(self._masks) < MASKS:
                self._masks[condition] = known
        return known


class SnapshotReader:
    """Follows an index: gives the snapshot of its newest version, and reads only what is new for that.

    Args:
        table_folder: where the item table is.
        head: follows the head's files.
        repair: brings the head's files in step with the table; returns whether it could. It is called when
            the files are damaged or lack many rows.
        busy: whether somebody is writing now.
    """

    def __init__(
        self, table_folder: Path, head: HeadReader, repair: Callable[[bool], bool], busy: Callable[[], bool]
    ) -> None:
        self._table_folder = table_folder
        self._head = head
        self._repair = repair
        self._busy = busy
        self._lock = threading.Lock()
        self._live: dict[tuple[str, int], NDArray[np.int64]] = {}
        self._looked_at = 0.0
        self._snapshot = self._read(ItemTable.open(table_folder))

    def current(self) -> Snapshot:
        """The snapshot of the newest version; costs microseconds when nothing has changed."""
        if self._snapshot.table.stale:
            with self._lock:
                if self._snapshot.table.stale:
                    self._snapshot = self._next()
        return self._snapshot

    def reload(self) -> Snapshot:
        """Forget everything that was read and read it again."""
        with self._lock:
            self._head.forget()
            self._live = {}
            self._snapshot = self._read(ItemTable.open(self._table_folder))
        return self._snapshot

    def _next(self) -> Snapshot:
        """The newest version, or the one at hand while a writer is about to give the head many rows.

        That is a compaction: it renumbers every row and changes nothing that can be found.
        """
        if time.monotonic() - self._looked_at < WAIT_SECONDS:
            return self._snapshot
        table = self._snapshot.table.latest()
        self._head.refresh()
        if self._absent_rows(table.fragments()) > TAIL_ROWS and self._busy():
            self._looked_at = time.monotonic()
            return self._snapshot
        return self._read(table)

    def _absent_rows(self, fragments: list[Fragment]) -> int:
        return sum(fragment.rows for fragment in fragments if not self._head.has(fragment))

    def _read(self, table: ItemTable) -> Snapshot:
        self._head.refresh()
        fragments = table.fragments()
        if self._head.damaged or self._absent_rows(fragments) > TAIL_ROWS:
            if self._head.damaged:
                LOGGER.warning("the head in %s is damaged; it is made again", self._head.folder)
            if self._repair(self._head.damaged):
                self._head.forget()
                self._head.refresh()
        tail = self._head.tail(table, fragments)
        spans, row = [], self._head.rows
        for fragment in fragments:
            start = self._head.start(fragment)
            place = row if start is None else start
            spans.append(Span(place, place + fragment.rows, fragment.id))
            row += fragment.rows if start is None else 0
        return Snapshot(table, self._head.head(tail, spans, self._live_mask(table, fragments, spans, row)))

    def _live_mask(
        self, table: ItemTable, fragments: list[Fragment], spans: list[Span], rows: int
    ) -> Mask | None:
        if sum(f.rows for f in fragments) == rows and not any(f.deleted for f in fragments):
            return None
        live = np.zeros(rows, np.bool_)
        kept: dict[tuple[str, int], NDArray[np.int64]] = {}
        for fragment, span in zip(fragments, spans, strict=True):
            if not fragment.deleted:
                live[span.start : span.stop] = True
                continue
            key = (fragment.data_file, fragment.deleted)
            kept[key] = self._live[key] if key in self._live else table.live_offsets(fragment)
            live[span.start + kept[key]] = True
        self._live = kept
        return live
