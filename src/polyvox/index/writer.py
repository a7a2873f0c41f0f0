"""The one way to change an index.

The item table and the file log are two Lance datasets, each with atomic commits. A file's items become
visible, and its older ones disappear, in this order:

1. the log says *begun* for the file and its digest;
2. one commit of the item table inserts the items read so far (more such commits follow for a long file); the
   one that holds the last items also deletes the items of the file's older versions;
3. the log says *done*.

What a kill leaves behind: after 1, a begun file without items; after 2, a begun file with some or all of its
items. Either way the file is not done, so the next run reads it again, skips the positions that
`IndexWriter.committed` names, and inserts the rest; row ids are hashes of path, digest and position, so no
item can be there twice. If the file has changed once more meanwhile, its last commit deletes everything of
other digests. Old items stay visible until the new ones are all there.

Deleting a file writes *removing*, deletes its items in one commit, and writes *gone*; a writer that finds
*removing* when it opens finishes the work.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
from numpy.typing import ArrayLike

from polyvox.index.files import FileLog, FileState, FileStatus
from polyvox.index.filters import Filter, one_of
from polyvox.index.head_files import HeadFiles
from polyvox.index.head_writer import HeadOptions, HeadWriter
from polyvox.index.lexical import refresh_word_index
from polyvox.index.lock import WriterLock
from polyvox.index.manifest import Manifest
from polyvox.index.schema import checked_vectors, item_id, item_table
from polyvox.index.table import ItemTable
from polyvox.index.upkeep import tidied
from polyvox.item import Item

LOGGER = logging.getLogger(__name__)

ITEMS = "items.lance"
FILES = "files.lance"
HEAD = "head"
FLUSH_ROWS = 16_384
FLUSH_SECONDS = 15.0
FRAGMENT_ROWS = 262_144


class IndexWriter:
    """Adds to and deletes from the index in `folder`; a context manager that holds the writer's lock.

    Rows are buffered and committed every `flush_rows` rows or `flush_seconds` seconds, at `flush`, and at
    the end of the `with` block (also when that ends by Ctrl-C, but not when it ends by another error).
    A second writer waits up to `timeout` seconds; `on_wait` hears whom it waits for.

    Raises:
        LockedError: another process still writes after `timeout` seconds.
        IndexFormatError: the folder is not an index.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        timeout: float = 60.0,
        on_wait: Callable[[str], None] | None = None,
        flush_rows: int = FLUSH_ROWS,
        flush_seconds: float = FLUSH_SECONDS,
        head_options: HeadOptions | None = None,
    ) -> None:
        self.folder = Path(folder)
        self._manifest = Manifest.read(self.folder)
        self._lock = WriterLock(self.folder)
        self._timeout = timeout
        self._on_wait = on_wait
        self._flush_rows = flush_rows
        self._flush_seconds = flush_seconds
        self._log = FileLog(self.folder / FILES)
        self._head = HeadWriter(HeadFiles(self.folder / HEAD, self._manifest.dimension), head_options)

    def __enter__(self) -> Self:
        self._lock.acquire(self._timeout, self._on_wait)
        try:
            self._table = ItemTable.open(self.folder / ITEMS)
            self._files = self._log.states()
            self._fresh: set[str] = set()
            self._clear_buffer()
            self._finish_removals()
            self._catch_up()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None or issubclass(kind, KeyboardInterrupt):
                self.flush()
                self._table = tidied(self._table, self._log)
                self._catch_up()
        finally:
            self._lock.release()

    @property
    def table(self) -> ItemTable:
        """The item table as of the last commit."""
        return self._table

    def known_files(self) -> dict[str, FileState]:
        """Every file of which the index has heard, by path; `FileState.done` tells whether it is complete."""
        return dict(self._files)

    def committed(self, path: str, digest: str) -> set[int]:
        """The positions of a file's items that are in the table: what a resumed run need not encode again."""
        condition = f"{one_of('path', [path])} AND {one_of('digest', [digest])}"
        return {
            row
            for batch in self._table.batches(["position"], condition)
            for row in batch["position"].to_pylist()
        }

    def begin_file(self, state: FileState) -> None:
        """Announce a file before its first items are appended."""
        known = self._files.get(state.path)
        if known is None:
            self._fresh.add(state.path)
        self._files[state.path] = state.with_status(FileStatus.BEGUN)
        self._begun[state.path] = self._files[state.path]

    def finish_file(self, path: str, problem: str = "") -> None:
        """Say that all items of a begun file have been appended; items of its other versions go.

        `problem` is what could not be read of it, kept with the file.
        """
        self._files[path] = replace(self._files[path], problem=problem)
        self._finished.append(path)
        self._flush_if_due()

    def append(self, items: Sequence[Item], digests: str | Sequence[str], vectors: ArrayLike) -> None:
        """Add items with their vectors, shape (len(items), dimension).

        `digests` is the content hash of the file they come from, or one hash for each item. An item that is
        in the index already is skipped.

        Raises:
            VectorError: wrong shape, or a component is not finite.
        """
        hashes = [digests] * len(items) if isinstance(digests, str) else digests
        rows = checked_vectors(vectors, len(items), self._manifest.dimension)
        if items:
            self._buffer.append(item_table(items, hashes, rows))
            self._buffered += len(items)
        self._flush_if_due()

    def replace_places(self, items: Sequence[Item], digests: Sequence[str]) -> None:
        """Let the items that are at the same path and position as `items`, but are others, go with them."""
        keep = {
            (item.path, item.position): item_id(item.path, digest, item.position)
            for item, digest in zip(items, digests, strict=True)
            if item.path
        }
        self.flush()
        paths = {path for path, _ in keep}
        for batch in self._table.batches(["id", "path", "position"], one_of("path", sorted(paths))):
            columns = (batch[name].to_pylist() for name in ("path", "position", "id"))
            for path, position, name in zip(*columns, strict=True):
                if keep.get((path, position), name) != name:
                    self._doomed.add(name)

    def delete_files(self, paths: Iterable[str]) -> int:
        """Forget files and delete their items; returns how many items went."""
        self.flush()
        known = [self._files.get(path, FileState(path, "")) for path in dict.fromkeys(paths)]
        self._log.record(state.with_status(FileStatus.REMOVING) for state in known)
        return self._remove(known)

    def delete_ids(self, ids: Iterable[str]) -> None:
        """Delete items by id, in the next commit."""
        self._doomed.update(ids)

    def delete_where(self, chosen: Filter) -> int:
        """Delete the items that pass a filter; returns how many went.

        The files they came from stay known, so a later run brings them back only when the file changes.
        """
        self.flush()
        ids = [
            name for batch in self._table.batches(["id"], chosen.sql()) for name in batch["id"].to_pylist()
        ]
        self._table = self._table.commit(None, ids)
        return len(ids)

    def flush(self) -> None:
        """Commit everything that is buffered."""
        if not (self._buffer or self._doomed or self._finished or self._begun):
            return
        self._log.record(self._begun.values())
        rows = pa.concat_tables(self._buffer) if self._buffer else None
        doomed = self._doomed | self._superseded()
        self._table = self._table.commit(self._unknown(rows, doomed), doomed)
        self._record_finished()
        self._fresh.difference_update(self._finished)
        self._clear_buffer()
        self._catch_up()

    def _clear_buffer(self) -> None:
        self._buffer: list[pa.Table] = []
        self._buffered = 0
        self._doomed: set[str] = set()
        self._begun: dict[str, FileState] = {}
        self._finished: list[str] = []
        self._flushed_at = time.monotonic()

    def _catch_up(self) -> None:
        """Bring the head in step; the items are safe already, so a full disk here is no failure."""
        try:
            self._head.catch_up(self._table)
        except OSError as error:
            LOGGER.warning(
                "the head of %s could not be written (%s); searches will be slower", self.folder, error
            )

    def compact(self) -> None:
        """Rewrite small and half-deleted pieces of the table, the log, the head and the word index.

        What can be found stays the same. Files of older versions are deleted.
        """
        self.flush()
        self._table = self._table.merged(FRAGMENT_ROWS)
        self._catch_up()
        self._table = refresh_word_index(self._table)
        self._log.compact()
        self._table.clean_up()

    def rebuild_head(self) -> None:
        """Make the head anew from the table."""
        self._head.rebuild(self._table)

    def _flush_if_due(self) -> None:
        waited = time.monotonic() - self._flushed_at
        if self._buffered >= self._flush_rows or waited >= self._flush_seconds:
            self.flush()

    def _superseded(self) -> set[str]:
        """Ids of the committed items of finished files that belong to other versions of those files."""
        paths = [path for path in self._finished if path not in self._fresh]
        doomed: set[str] = set()
        for batch in self._table.batches(["id", "path", "digest"], one_of("path", paths)) if paths else ():
            columns = (batch[name].to_pylist() for name in ("id", "path", "digest"))
            doomed.update(
                i for i, path, digest in zip(*columns, strict=True) if digest != self._files[path].digest
            )
        return doomed

    def _unknown(self, rows: pa.Table | None, doomed: set[str]) -> pa.Table | None:
        """The rows that are not in the table yet, each once."""
        if rows is None:
            return None
        ids = rows["id"].to_pylist()
        suspects = [
            i for i, path in zip(ids, rows["path"].to_pylist(), strict=True) if path not in self._fresh
        ]
        seen = self._table.existing(suspects) - doomed
        keep = [not (name in seen or seen.add(name)) for name in ids]  # type: ignore[func-returns-value]
        return rows if all(keep) else rows.filter(pa.array(keep))

    def _record_finished(self) -> None:
        if not self._finished:
            return
        counts = dict.fromkeys(self._finished, 0)
        for batch in self._table.batches(["path"], one_of("path", counts)):
            for path in batch["path"].to_pylist():
                counts[path] += 1
        for path, count in counts.items():
            self._files[path] = self._files[path].with_status(FileStatus.DONE, count)
        self._log.record(self._files[path] for path in counts)

    def _finish_removals(self) -> None:
        self._remove([state for state in self._files.values() if state.status is FileStatus.REMOVING])

    def _remove(self, states: Sequence[FileState]) -> int:
        if not states:
            return 0
        condition = one_of("path", [state.path for state in states])
        ids = [name for batch in self._table.batches(["id"], condition) for name in batch["id"].to_pylist()]
        self._table = self._table.commit(None, ids)
        self._log.record(state.with_status(FileStatus.GONE) for state in states)
        for state in states:
            self._files.pop(state.path, None)
        return len(ids)
