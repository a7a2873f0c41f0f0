"""Files into an index: read, encode, append, so that a killed run goes on where it stopped."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from polyvox.encode.items import encode_items
from polyvox.encode.protocol import Encoder, ModalityError
from polyvox.errors import ReadError
from polyvox.index.ahead import ahead
from polyvox.index.files import FileState, told_digest
from polyvox.index.index import Index
from polyvox.index.report import IngestReport, Problem
from polyvox.index.schema import item_digest
from polyvox.index.writer import IndexWriter
from polyvox.item import Item, Modality
from polyvox.read import STDIN, ReadOptions, Skipped, content_digest, read_file, walk

Watch = Callable[[float, float, str], None]
"""Hears how many bytes of how many are through, and the path at work."""

BATCH_ITEMS = {Modality.TEXT: 2048, Modality.SPEECH: 16}
FLAWS_KEPT = 3
"""So many problems of a file are kept with it and told again; the rest is counted."""

AHEAD = 4
"""Batches that may wait between the reader and the encoder; bounds the memory."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some items of one file, what was lost between them, and whether this is all of the file.

    `read` is how many bytes of the file were read for what came so far.
    """

    state: FileState
    items: tuple[Item, ...] = ()
    problem: Problem | None = None
    last: bool = False
    failed: bool = False
    read: int = 0


def ingest(
    index: Index,
    paths: Sequence[str | Path],
    options: ReadOptions | None = None,
    *,
    prune: bool = False,
    wait: float = 10.0,
    on_wait: Callable[[str], None] | None = None,
    watch: Watch | None = None,
) -> IngestReport:
    """Read files and folders and bring the index in line with them.

    An unchanged file costs a look at its size and time of change; a changed one replaces its items, and so
    does one whose language is told now and was not, or was told otherwise. Where `options` tell none, what
    was told of an unchanged file still holds. With `prune`, items of files below `paths` that are gone are
    dropped. Reading and encoding overlap.
    `on_wait` hears for whom a second writer waits, `watch` how far the run has come.

    Raises:
        LockedError: another process still writes after `wait` seconds.
    """
    began = time.monotonic()
    with index.writer(timeout=wait, on_wait=on_wait) as writer:
        run = _Run(index.encoder, writer, options or ReadOptions(), watch)
        run.survey(paths)
        for batch in ahead(run.batches(), AHEAD):
            run.take(batch)
        if prune:
            run.prune(paths)
    run.report.seconds = time.monotonic() - began
    return run.report


class _Run:
    """One pass over the files: what is known, what was found, what came of it."""

    def __init__(
        self,
        encoder: Encoder,
        writer: IndexWriter,
        options: ReadOptions,
        watch: Watch | None,
    ) -> None:
        self.report = IngestReport()
        self._encoder = encoder
        self._writer = writer
        self._options = options
        self._watch = watch
        self._known = writer.known_files()
        self._present: set[str] = set()
        self._waiting: list[FileState] = []
        self._open: str | None = None
        self._flaws: list[str] = []
        self._bytes_done = 0

    def survey(self, paths: Sequence[str | Path]) -> None:
        """List the files and set aside those that look as they did when they were indexed."""
        own = [os.path.abspath(self._writer.folder)]  # noqa: PTH100
        for found in walk(paths):
            if isinstance(found, Skipped) and _is_below(os.path.abspath(found.path), own):  # noqa: PTH100
                continue
            if isinstance(found, Path):
                self._look_at(found)
            elif isinstance(found, Skipped):
                self.report.ignored.append(Problem(found.path, found.reason))
            else:
                self.report.problems.append(Problem(found.path, found.reason))
        self._bytes_all = sum(state.size for state in self._waiting)

    def _look_at(self, path: Path) -> None:
        if path == STDIN:
            self._waiting.append(FileState(str(STDIN), ""))
            return
        name = os.path.abspath(path)  # noqa: PTH100 - a symbolic link keeps the name the user knows it by
        if name in self._present:
            return
        self._present.add(name)
        try:
            facts = path.stat()
        except OSError as error:
            self.report.problems.append(Problem(name, f"cannot be read: {error.strerror}"))
            return
        known = self._known.get(name)
        as_it_was = known and (known.size, known.mtime_ns) == (facts.st_size, facts.st_mtime_ns)
        if known and known.done and as_it_was and self._options.language in (None, known.language):
            self.report.files_unchanged += 1
            if known.problem:
                self.report.problems.append(Problem(name, known.problem))
        else:
            self._waiting.append(FileState(name, "", facts.st_size, facts.st_mtime_ns))

    def batches(self) -> Iterator[_Batch]:
        """Read the waiting files, in order; nothing here writes to the index."""
        for seen in self._waiting:
            state = seen
            try:
                if seen.path != str(STDIN):
                    state = replace(seen, digest=self._digest(seen.path))
                yield from self._read(state)
            except ReadError as error:
                yield _Batch(state, problem=Problem(state.path, error.reason), failed=True)
            except OSError as error:
                reason = f"cannot be read: {error.strerror or error}"
                yield _Batch(state, problem=Problem(state.path, reason), failed=True)

    def _digest(self, path: str) -> str:
        content = content_digest(path)
        known = self._known.get(path)
        if self._options.language is None and known and known.done and known.content == content:
            return known.digest
        return told_digest(content, self._options.language)

    def _read(self, state: FileState) -> Iterator[_Batch]:
        known = self._known.get(state.path)
        if known and known.done and known.digest == state.digest:
            problem = Problem(state.path, known.problem) if known.problem else None
            yield _Batch(state, problem=problem, last=True)
            return
        resumed = known is not None and not known.done and known.digest == state.digest
        skip = self._writer.committed(state.path, state.digest) if resumed else set()
        items: list[Item] = []
        problem = None
        found_items = False
        read = 0

        def watch(size: int) -> None:
            nonlocal read
            read = min(size, state.size)

        try:
            for found in read_file(state.path, self._options, watch):
                if isinstance(found, ReadError):
                    yield _Batch(state, problem=Problem(state.path, found.reason), read=read)
                elif found.modality not in self._encoder.card.modalities:
                    raise ReadError(
                        state.path,
                        str(ModalityError(self._encoder.card, found.modality)),
                    )
                else:
                    found_items = True
                    if found.position in skip:
                        continue
                    items.append(_as_kept(found, state.path))
                    if len(items) >= BATCH_ITEMS[found.modality]:
                        yield _Batch(state, tuple(items), read=read)
                        items = []
        except ReadError as error:
            if not found_items:
                raise
            problem = Problem(state.path, error.reason)
        yield _Batch(state, tuple(items), problem, last=found_items, failed=not found_items)

    def take(self, batch: _Batch) -> None:
        """Encode and append what was read; close the file after its last batch."""
        state = batch.state
        if batch.problem:
            self.report.problems.append(batch.problem)
            self._flaws.append(batch.problem.reason)
        is_file = state.path != str(STDIN)
        if is_file and (batch.items or batch.last) and self._open != state.path:
            self._writer.begin_file(state)
            self._open = state.path
        if batch.items:
            digests = state.digest if is_file else [item_digest(item.content) for item in batch.items]
            self._writer.append(batch.items, digests, encode_items(self._encoder, batch.items))
            self.report.items_added += len(batch.items)
        if batch.last and is_file:
            self._writer.finish_file(state.path, _in_short(self._flaws))
            self._count(state)
        ended = batch.last or batch.failed
        if ended:
            self._flaws = []
        if self._watch:
            done = self._bytes_done + (state.size if ended else batch.read)
            self._watch(done, self._bytes_all, state.path)
        self._bytes_done += state.size if ended else 0

    def _count(self, state: FileState) -> None:
        known = self._known.get(state.path)
        if known is None:
            self.report.files_new += 1
        elif known.digest == state.digest and known.done:
            self.report.files_unchanged += 1
        else:
            self.report.files_changed += 1

    def prune(self, paths: Sequence[str | Path]) -> None:
        """Drop the items of known files below `paths` that are not there any more."""
        # What could not be looked at is not gone: a folder without permission, a disk that is not mounted.
        blind = [os.path.abspath(problem.path) for problem in self.report.problems]  # noqa: PTH100
        roots = [os.path.abspath(path) for path in paths]  # noqa: PTH100
        gone = [
            name
            for name in self._known
            if name not in self._present and _is_below(name, roots) and not _is_below(name, blind)
        ]
        self.report.items_pruned = self._writer.delete_files(gone)
        self.report.files_pruned = len(gone)


def _as_kept(item: Item, path: str) -> Item:
    # Standard input has no order worth keeping: there the same text is the same item, whenever it comes.
    return replace(item, path=path, position=0 if path == str(STDIN) else item.position)


def _in_short(flaws: Sequence[str]) -> str:
    more = f"; and {len(flaws) - FLAWS_KEPT} more" if len(flaws) > FLAWS_KEPT else ""
    return "; ".join(flaws[:FLAWS_KEPT]) + more


def _is_below(name: str, folders: Sequence[str]) -> bool:
    return any(name == folder or name.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders)
