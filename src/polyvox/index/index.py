"""An index: items that can be found by meaning, by words, or by both."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from polyvox.encode.items import encode_items
from polyvox.encode.load import load_encoder
from polyvox.encode.protocol import Encoder
from polyvox.index.errors import IndexFormatError
from polyvox.index.files import FileLog
from polyvox.index.filters import Filter
from polyvox.index.head_files import HeadFiles
from polyvox.index.head_reader import HeadReader
from polyvox.index.head_writer import HeadWriter
from polyvox.index.hit import Hit
from polyvox.index.info import IndexInfo, gather_info
from polyvox.index.lexical import create_word_index
from polyvox.index.lock import LOCK_FILES, WriterLock
from polyvox.index.manifest import FILE_NAME, Manifest
from polyvox.index.schema import item_digest
from polyvox.index.search import Query, SearchMode, find, find_apart, query_vector
from polyvox.index.snapshot import SnapshotReader
from polyvox.index.table import ItemTable
from polyvox.index.verify import Verification, verify_index
from polyvox.index.writer import FILES, HEAD, ITEMS, IndexWriter
from polyvox.item import Audio, Item, Modality

if TYPE_CHECKING:
    from polyvox.index.report import IngestReport
    from polyvox.read import ReadOptions

ENCODE_BATCH = 256
CREATION_SECONDS = 10.0


class Index:
    """Items and their vectors in a folder.

    Any number of threads and processes may search an index while one process writes to it; a search sees
    every change that was committed before it began.
    """

    def __init__(self, folder: Path, manifest: Manifest, encoder: Encoder | None) -> None:
        self.folder = folder
        self.manifest = manifest
        self._encoder = encoder
        self._lock = WriterLock(folder)
        head = HeadReader(folder / HEAD, manifest.dimension)
        self._reader = SnapshotReader(folder / ITEMS, head, self._repair_head, lambda: self._lock.busy)

    @classmethod
    def create(cls, path: str | Path, encoder: Encoder) -> Index:
        """Make an empty index for the vectors of `encoder`.

        Raises:
            IndexFormatError: there is an index, or something else, at `path`.
            LockedError: another process is making an index there and does not come to an end.
        """
        folder = Path(path)
        if folder.exists() and (not folder.is_dir() or _holds_more_than_a_draft(folder)):
            raise _in_use(folder)
        folder.mkdir(parents=True, exist_ok=True)
        lock = WriterLock(folder)
        lock.acquire(CREATION_SECONDS)
        try:
            if (folder / FILE_NAME).exists():
                raise _in_use(folder)
            # What a killed creation left behind may be half of a table.
            for draft in (ITEMS, FILES):
                shutil.rmtree(folder / draft, ignore_errors=True)
            create_word_index(ItemTable.create(folder / ITEMS, encoder.card.dimension))
            FileLog.create(folder / FILES)
            # Last, because it is what makes the folder an index: before it, a killed creation starts over.
            Manifest.of(encoder.card).write(folder)
        finally:
            lock.release()
        return cls.open(folder, encoder)

    @classmethod
    def open(cls, path: str | Path, encoder: Encoder | None = None) -> Index:
        """Open an index; without an encoder its own model is loaded when it is first needed.

        Raises:
            IndexFormatError: `path` is not an index, or a newer polyvox made it.
            ModelMismatchError: the encoder is not the index's model.
        """
        folder = Path(path)
        manifest = Manifest.read(folder)
        if encoder is not None:
            manifest.check(encoder.card, folder)
        return cls(folder, manifest, encoder)

    @classmethod
    def open_or_create(cls, path: str | Path, encoder: Encoder | None = None) -> Index:
        """Open an index, or make one with `encoder`, by default with the model that comes with polyvox.

        Raises:
            IndexFormatError: there is something else at `path`, or a newer polyvox made it.
            ModelMismatchError: the encoder is not the index's model.
        """
        folder = Path(path)
        if (folder / FILE_NAME).exists():
            return cls.open(folder, encoder)
        return cls.create(folder, encoder or load_encoder())

    @property
    def encoder(self) -> Encoder:
        """The model that made the vectors; loaded on first use.

        Raises:
            PolyvoxError: the model is not where it was when the index was made.
            ModelMismatchError: what is there now is another model.
        """
        if self._encoder is None:
            encoder = load_encoder(self.manifest.source or self.manifest.model, self.manifest.dimension)
            self.manifest.check(encoder.card, self.folder)
            self._encoder = encoder
        return self._encoder

    def __len__(self) -> int:
        return len(self._reader.current().table)

    def writer(self, *, timeout: float = 60.0, on_wait: Callable[[str], None] | None = None) -> IndexWriter:
        """A writer for many changes; see `IndexWriter`."""
        return IndexWriter(self.folder, timeout=timeout, on_wait=on_wait)

    def search(
        self,
        query: Query,
        *,
        limit: int = 10,
        mode: SearchMode | str | None = None,
        language: str | Sequence[str] | None = None,
        modality: Modality | str | None = None,
        path: str | None = None,
        where: Mapping[str, str] | None = None,
        spoken: str | Sequence[str] = (),
    ) -> list[Hit]:
        """The `limit` best items for a query, best first; `Filter` says what the four from `language` accept.

        `spoken` is the language of a voice, or several, as BCP 47 tags; a model that can be told hears better
        for it. The hits may be in any language.

        Without a mode, words are searched hybrid, a voice or a vector dense. A voice is nearer to any voice
        than to the text of its own words, so without a modality texts and recordings are ranked apart
        and their ranks fused.

        Raises:
            ValueError: a voice or a vector is asked for in a mode that needs words; a language is no BCP 47
                tag, or is told of a query that is no voice.
            VectorError: a vector query has the wrong dimension or is not finite.
        """
        if spoken:
            if not isinstance(query, Audio):
                raise ValueError("'spoken' is the language of a voice; the question is none")
            query = replace(query, languages=(spoken,) if isinstance(spoken, str) else tuple(spoken))
        if mode is None:
            mode = SearchMode.HYBRID if isinstance(query, str) else SearchMode.DENSE
        mode = SearchMode(mode)
        chosen = Filter(language, modality, path, where or {})
        if mode is not SearchMode.DENSE and not isinstance(query, str):
            raise ValueError(f"{mode} search needs a query in words; search a voice or a vector with 'dense'")
        vector = None if mode is SearchMode.LEXICAL else query_vector(query, self)
        if isinstance(query, Audio) and vector is not None and modality is None:
            kinds = [
                Filter(language, kind, path, where or {}).sql() for kind in (Modality.SPEECH, Modality.TEXT)
            ]
            return find_apart(self._reader, vector, limit, kinds)
        words = query if isinstance(query, str) and mode is not SearchMode.DENSE else None
        return find(self._reader, vector, words, limit, chosen.sql())

    def add(self, items: Iterable[Item]) -> int:
        """Encode items and add those that are new; returns how many were."""
        before = len(self)
        with self.writer() as writer:
            self._encode_into(writer, items, replace=False)
        return len(self) - before

    def add_files(
        self,
        paths: Sequence[str | Path],
        options: ReadOptions | None = None,
        *,
        prune: bool = False,
        wait: float = 60.0,
    ) -> IngestReport:
        """Read files and folders and bring the index in line with them; see `polyvox.index.ingest.ingest`.

        Raises:
            LockedError: another process still writes after `wait` seconds.
        """
        from polyvox.index.ingest import ingest

        return ingest(self, paths, options, prune=prune, wait=wait)

    def upsert(self, items: Iterable[Item]) -> None:
        """Encode items and add them; each replaces what is at its path and position.

        Old and new change places in one commit. An item without a path has no place: it is added if new.
        """
        with self.writer() as writer:
            self._encode_into(writer, items, replace=True)

    def delete(
        self,
        ids: Sequence[str] = (),
        *,
        language: str | None = None,
        modality: Modality | str | None = None,
        path: str | None = None,
        where: Mapping[str, str] | None = None,
    ) -> int:
        """Delete items by id, and all that pass the filter if there is one; returns how many went."""
        before = len(self)
        chosen = Filter(language, modality, path, where or {})
        with self.writer() as writer:
            writer.delete_ids(ids)
            writer.flush()
            if chosen:
                writer.delete_where(chosen)
        return before - len(self)

    def info(self) -> IndexInfo:
        """What is in the index."""
        table = self._reader.current().table
        return gather_info(self.folder, self.manifest, table, FileLog(self.folder / FILES))

    def compact(self, *, timeout: float = 60.0) -> None:
        """Merge small commits, drop deleted rows for good, refresh the word index and the head.

        Raises:
            LockedError: another process still writes after `timeout` seconds.
        """
        with self.writer(timeout=timeout) as writer:
            writer.compact()

    def verify(self) -> Verification:
        """Check that the head equals the table and that no item is there twice; true when all is well."""
        files = HeadFiles(self.folder / HEAD, self.manifest.dimension)
        return verify_index(ItemTable.open(self.folder / ITEMS), files, FileLog(self.folder / FILES))

    def _encode_into(self, writer: IndexWriter, items: Iterable[Item], *, replace: bool) -> None:
        remaining = iter(items)
        while batch := list(islice(remaining, ENCODE_BATCH)):
            digests = [item_digest(item.content) for item in batch]
            if replace:
                writer.replace_places(batch, digests)
            writer.append(batch, digests, encode_items(self.encoder, batch))

    def _repair_head(self, anew: bool) -> bool:
        if not self._lock.try_acquire():
            return False
        try:
            files = HeadFiles(self.folder / HEAD, self.manifest.dimension)
            writer = HeadWriter(files)
            table = ItemTable.open(self.folder / ITEMS)
            if anew:
                writer.rebuild(table)
            else:
                writer.catch_up(table)
        except OSError:
            return False
        finally:
            self._lock.release()
        return True


def _holds_more_than_a_draft(folder: Path) -> bool:
    """Whether there is anything that a killed creation does not leave behind: it has written no row."""
    drafts = {ITEMS, FILES, *LOCK_FILES}
    names = {path.name for path in folder.iterdir()}
    strange = any(name not in drafts and not name.startswith(f"{FILE_NAME}.") for name in names)
    return strange or FILE_NAME in names or any((folder / part / "data").exists() for part in (ITEMS, FILES))


def _in_use(folder: Path) -> IndexFormatError:
    known = (folder / FILE_NAME).exists()
    return IndexFormatError(
        f"{folder} {'already is an index; open it' if known else 'is in use; choose an empty folder'}"
    )
