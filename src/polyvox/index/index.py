"""An index: items that can be found by meaning, by words, or by both."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyvox.encode.load import load_encoder
from polyvox.encode.protocol import Encoder, Role
from polyvox.index.errors import IndexFormatError
from polyvox.index.exact import exact_search
from polyvox.index.files import FileLog
from polyvox.index.filters import Filter
from polyvox.index.hit import Hit, Source
from polyvox.index.manifest import FILE_NAME, Manifest
from polyvox.index.schema import ITEM_COLUMNS, checked_vectors, content_digest, metadata_of
from polyvox.index.table import Addresses, ItemTable
from polyvox.index.writer import FILES, ITEMS, IndexWriter
from polyvox.item import Audio, Item, Modality

Query = str | Audio | NDArray[np.float32]
"""Words, a voice, or a vector of shape (dimension,)."""

ENCODE_BATCH = 256


class SearchMode(StrEnum):
    """How items are found: by vector, by words, or by both with their ranks fused."""

    DENSE = "dense"
    LEXICAL = "lexical"
    HYBRID = "hybrid"


class Index:
    """Items and their vectors in a folder.

    Any number of threads and processes may search an index while one process writes to it; a search sees
    every change that was committed before it began.
    """

    def __init__(self, folder: Path, manifest: Manifest, encoder: Encoder | None) -> None:
        self.folder = folder
        self.manifest = manifest
        self._encoder = encoder
        self._table = ItemTable.open(folder / ITEMS)
        self._refreshing = threading.Lock()

    @classmethod
    def create(cls, path: str | Path, encoder: Encoder) -> Index:
        """Make an empty index for the vectors of `encoder`.

        Raises:
            IndexFormatError: there is an index, or something else, at `path`.
        """
        folder = Path(path)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            what = (
                "already is an index; open it"
                if (folder / FILE_NAME).exists()
                else "is in use; choose an empty folder"
            )
            raise IndexFormatError(f"{folder} {what}")
        folder.mkdir(parents=True, exist_ok=True)
        ItemTable.create(folder / ITEMS, encoder.card.dimension)
        FileLog.create(folder / FILES)
        Manifest.of(encoder.card).write(folder)
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
        return len(self._snapshot())

    def writer(self, *, timeout: float = 60.0, on_wait: Callable[[str], None] | None = None) -> IndexWriter:
        """A writer for many changes; see `IndexWriter`."""
        return IndexWriter(self.folder, timeout=timeout, on_wait=on_wait)

    def search(
        self,
        query: Query,
        *,
        limit: int = 10,
        mode: SearchMode | str = SearchMode.DENSE,
        language: str | None = None,
        modality: Modality | str | None = None,
        path: str | None = None,
        where: Mapping[str, str] | None = None,
    ) -> list[Hit]:
        """The `limit` best items for a query, best first; `Filter` says what the last four accept."""
        chosen = Filter(language, modality, path, where or {})
        table = self._snapshot()
        vector = self._query_vector(query)
        addresses, scores = exact_search(table, vector, limit, chosen.sql())
        return _dense_hits(table, addresses, scores)

    def add(self, items: Iterable[Item]) -> int:
        """Encode items and add those that are new; returns how many were."""
        before = len(self)
        with self.writer() as writer:
            self._encode_into(writer, items)
        return len(self) - before

    def delete(
        self,
        ids: Sequence[str] = (),
        *,
        language: str | None = None,
        modality: Modality | str | None = None,
        path: str | None = None,
        where: Mapping[str, str] | None = None,
    ) -> int:
        """Delete items by id, or all that pass a filter; returns how many went."""
        before = len(self)
        chosen = Filter(language, modality, path, where or {})
        with self.writer() as writer:
            writer.delete_ids(ids)
            writer.flush()
            if chosen:
                writer.delete_where(chosen)
        return before - len(self)

    def _encode_into(self, writer: IndexWriter, items: Iterable[Item]) -> None:
        encoder = self.encoder
        remaining = iter(items)
        while batch := list(islice(remaining, ENCODE_BATCH)):
            vectors = np.empty((len(batch), self.manifest.dimension), np.float32)
            texts = [i for i, item in enumerate(batch) if isinstance(item.content, str)]
            voices = [i for i, item in enumerate(batch) if isinstance(item.content, Audio)]
            if texts:
                vectors[texts] = encoder.encode_text([str(batch[i].content) for i in texts])
            if voices:
                recordings = [content for i in voices if isinstance(content := batch[i].content, Audio)]
                vectors[voices] = encoder.encode_speech(recordings)
            writer.append(batch, [content_digest(item.content) for item in batch], vectors)

    def _snapshot(self) -> ItemTable:
        if self._table.stale:
            with self._refreshing:
                self._table = self._table.latest()
        return self._table

    def _query_vector(self, query: Query) -> NDArray[np.float32]:
        if isinstance(query, str):
            vector: ArrayLike = self.encoder.encode_text([query], role=Role.QUERY)
        elif isinstance(query, Audio):
            vector = self.encoder.encode_speech([query], role=Role.QUERY)
        else:
            vector = np.asarray(query, np.float32)[None]
        row: NDArray[np.float32] = checked_vectors(vector, 1, self.manifest.dimension)[0]
        return row


def _dense_hits(table: ItemTable, addresses: Addresses, scores: NDArray[np.float32]) -> list[Hit]:
    rows = table.rows(addresses, list(ITEM_COLUMNS))
    return [
        hit_of(row, float(score), {"dense": Source(rank, float(score))})
        for rank, (row, score) in enumerate(zip(rows, scores, strict=True), start=1)
    ]


def hit_of(row: Mapping[str, Any], score: float, sources: Mapping[str, Source]) -> Hit:
    """The hit for a row of the table."""
    fields = dict(row)
    fields["modality"] = Modality(fields["modality"])
    fields["metadata"] = metadata_of(fields["metadata"])
    return Hit(score=score, sources=sources, **fields)
