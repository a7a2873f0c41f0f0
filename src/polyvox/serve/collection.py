"""The index as a server sees it: searched by many, followed while it grows."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from polyvox.encode import Encoder
from polyvox.index import FileState, Hit, Index, SearchMode
from polyvox.index.files import FileLog
from polyvox.index.filters import one_of
from polyvox.index.schema import ITEM_COLUMNS
from polyvox.index.search import hit_of
from polyvox.index.table import ItemTable
from polyvox.index.writer import FILES, ITEMS
from polyvox.item import Audio, Modality
from polyvox.serve.census import Census, take_census
from polyvox.serve.errors import ApiError
from polyvox.serve.names import UPLOADS, Names

RECENT = 20_000
CENSUS_SECONDS = 2.0
LOCK_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Question:
    """A search: what is asked, and which of the hits are wanted."""

    query: str | Audio
    limit: int = 10
    offset: int = 0
    languages: Sequence[str] = ()
    modality: Modality | None = None
    mode: SearchMode | None = None


class Collection:
    """One index and what is known about it; any number of threads may use it.

    Args:
        index: the index.
        state: the folder beside it, with the uploaded files.
    """

    def __init__(self, index: Index, state: Path) -> None:
        self.index = index
        self.name = index.folder.resolve().stem
        self.uploads = (state / UPLOADS).resolve()
        self._table = ItemTable.open(index.folder / ITEMS)
        self._log = FileLog(index.folder / FILES)
        self._recent: OrderedDict[str, Hit] = OrderedDict()
        self._recent_version = self._table.version
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        self._counted_at = 0.0
        self.names = Names(self.uploads)
        self._census = self._count(self._table)

    @property
    def encoder(self) -> Encoder:
        """The index's model."""
        return self.index.encoder

    def table(self) -> ItemTable:
        """The newest version of the item table."""
        self._table = self._table.latest()
        return self._table

    def warm_up(self) -> None:
        """Load the model and the head, so that the first client need not wait for them."""
        import numpy as np

        self.index.search("warm up", limit=1)
        if Modality.SPEECH in self.encoder.card.modalities:
            noise = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
            self.encoder.encode_speech([Audio(noise)])

    def search(self, question: Question) -> tuple[list[Hit], bool]:
        """The wanted hits, and whether there are more."""
        last = question.offset + question.limit
        version = self._table.version
        hits = self.index.search(
            question.query,
            limit=last + 1,
            mode=question.mode,
            language=question.languages or None,
            modality=question.modality,
        )
        self._remember(hits[question.offset : last], version)
        return hits[question.offset : last], len(hits) > last

    def item(self, name: str) -> Hit | None:
        """An item by its id, None where there is none."""
        table = self.table()
        with self._lock:
            known = self._recent.get(name) if self._recent_version == table.version else None
        return known or next(iter(self.items([name])), None)

    def items(self, names: Iterable[str]) -> list[Hit]:
        """The items with these ids that there are, in table order."""
        table = self.table()
        found = table.dataset.to_table(columns=list(ITEM_COLUMNS), filter=one_of("id", names))
        hits = [hit_of(row, 0.0, {}) for row in found.to_pylist()]
        self._remember(hits, table.version)
        return hits

    def _remember(self, hits: Iterable[Hit], version: int) -> None:
        with self._lock:
            if self._table.version != version:
                # What was found may have been deleted meanwhile.
                return
            if self._recent_version != self._table.version:
                self._recent.clear()
                self._recent_version = self._table.version
            for hit in hits:
                self._recent[hit.id] = hit
                self._recent.move_to_end(hit.id)
            while len(self._recent) > RECENT:
                self._recent.popitem(last=False)

    def file(self, path: str) -> FileState | None:
        """What the index knows of the file at a stored path."""
        return self._log.state(path)

    def file_names(self) -> set[str]:
        """The names of all files that the index knows, without their folders."""
        return {Path(path).name for path in self._log.states()}

    def census(self) -> Census:
        """Counts of the newest version, or of one that is at most two seconds old."""
        table = self.table()
        fresh = time.monotonic() - self._counted_at < CENSUS_SECONDS
        if self._census.version != table.version and not fresh and self._counting.acquire(blocking=False):
            try:
                self._census = self._count(table)
            finally:
                self._counting.release()
        return self._census

    def _count(self, table: ItemTable) -> Census:
        states = self._log.states()
        self.names = Names(self.uploads, states)
        census = take_census(table, sum(state.done for state in states.values()))
        self._counted_at = time.monotonic()
        return census

    def __len__(self) -> int:
        return len(self.table())

    def delete_item(self, name: str) -> int:
        """Delete an item by id; returns how many went, 0 or 1.

        Raises:
            LockedError: somebody else writes.
        """
        with self.index.writer(timeout=LOCK_SECONDS) as writer:
            # Counted while nobody else can add or delete.
            before = len(self.table())
            writer.delete_ids([name])
            writer.flush()
            return before - len(self.table())

    def delete_file(self, shown: str) -> int | None:
        """Delete a file's items, and the file itself where it was uploaded; None where there is no such file.

        Raises:
            LockedError: somebody else writes.
            ApiError: 409, two files have that name.
        """
        paths = [path for path in self._paths() if self.names.shown(path) == shown]
        if len(paths) > 1:
            raise ApiError(409, f"{len(paths)} files are called {shown}", "delete their items one by one")
        if not paths:
            return None
        with self.index.writer(timeout=LOCK_SECONDS) as writer:
            gone = writer.delete_files(paths)
        self.forget_upload(Path(paths[0]))
        return gone

    def forget_upload(self, path: Path) -> None:
        """Remove an uploaded file from the disk; any other file stays."""
        if path.parent == self.uploads:
            path.unlink(missing_ok=True)

    def _paths(self) -> list[str]:
        texts = self.table().dataset.to_table(columns=["path"], filter="starts_with(path, 'text:')")
        return [*self._log.states(), *dict.fromkeys(texts["path"].to_pylist())]
