"""The table of items: a Lance dataset, whose versions make every change atomic."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import lance
import numpy as np
import pyarrow as pa
from lance.fragment import write_fragments
from numpy.typing import NDArray

from polyvox.index.filters import one_of
from polyvox.index.schema import item_schema

Addresses = NDArray[np.uint64]
"""Lance row addresses: the fragment in the upper 32 bits, the row inside it in the lower."""

ID_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of the table: its number, its data file's unique name, and its rows, deleted ones included."""

    id: int
    data_file: str
    rows: int
    deleted: int


class ItemTable:
    """One version of the item table, and the way to the next ones.

    Attributes:
        dataset: the Lance dataset at that version; immutable, so any number of threads may read it.
    """

    def __init__(self, dataset: lance.LanceDataset) -> None:
        self.dataset = dataset

    @classmethod
    def create(cls, folder: Path, dimension: int) -> ItemTable:
        """An empty table for vectors of `dimension` components; one that is there already is opened."""
        if not folder.exists():
            lance.write_dataset(item_schema(dimension).empty_table(), str(folder))
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> ItemTable:
        """The newest version of the table in `folder`."""
        return cls(lance.dataset(str(folder)))

    @property
    def version(self) -> int:
        """The number of this version."""
        return int(self.dataset.version)

    @property
    def stale(self) -> bool:
        """Whether somebody has committed a newer version."""
        return bool(self.dataset.latest_version != self.dataset.version)

    def latest(self) -> ItemTable:
        """The newest version; this one when nothing has changed."""
        return ItemTable(lance.dataset(self.dataset.uri)) if self.stale else self

    def __len__(self) -> int:
        return int(self.dataset.count_rows())

    def addresses(self, condition: str = "") -> Addresses:
        """The addresses of the rows that meet a SQL condition, in table order."""
        scanner = self.dataset.scanner(columns=[], filter=condition or None, with_row_address=True)
        return np.asarray(scanner.to_table()["_rowaddr"].to_numpy(), dtype=np.uint64)

    def batches(self, columns: list[str], condition: str = "") -> Iterator[pa.RecordBatch]:
        """Stream columns of the rows that meet a SQL condition, with `_rowaddr`, in table order."""
        scanner = self.dataset.scanner(
            columns=columns,
            filter=condition or None,
            with_row_address=True,
            batch_size=8192,
            batch_readahead=2,
        )
        yield from scanner.to_batches()

    def rows(self, addresses: Sequence[int], columns: list[str]) -> dict[int, dict[str, Any]]:
        """The rows at `addresses`, by address; a row that is deleted is left out."""
        if not addresses:
            return {}
        wanted = ", ".join(str(address) for address in addresses)
        scanner = self.dataset.scanner(columns=columns, filter=f"_rowid IN ({wanted})", with_row_address=True)
        return {row.pop("_rowaddr"): row for row in scanner.to_table().to_pylist()}

    def existing(self, ids: Collection[str]) -> set[str]:
        """Which of the ids are in the table."""
        found: set[str] = set()
        listed = list(ids)
        for begin in range(0, len(listed), ID_CHUNK):
            condition = one_of("id", listed[begin : begin + ID_CHUNK])
            found.update(self.dataset.to_table(columns=["id"], filter=condition)["id"].to_pylist())
        return found

    def fragments(self) -> list[Fragment]:
        """The pieces of the table, in table order."""
        facts = (piece.metadata for piece in self.dataset.get_fragments())
        return [Fragment(f.id, f.files[0].path, f.physical_rows, f.num_deletions) for f in facts]

    def fragment_vectors(self, fragment: Fragment) -> Iterator[NDArray[np.float32]]:
        """All vectors of a fragment in the order they lie there, deleted rows included, in blocks."""
        scanner = self.dataset.scanner(
            columns=["vector"],
            fragments=[self._piece(fragment)],
            include_deleted_rows=True,
            with_row_id=True,
            batch_size=8192,
        )
        for batch in scanner.to_batches():
            yield vector_rows(batch["vector"])

    def live_offsets(self, fragment: Fragment) -> NDArray[np.int64]:
        """Where in a fragment the rows are that nobody has deleted."""
        scanner = self.dataset.scanner(columns=[], fragments=[self._piece(fragment)], with_row_address=True)
        addresses = scanner.to_table()["_rowaddr"].to_numpy()
        return np.asarray(addresses & np.uint64(0xFFFFFFFF), np.int64)

    def _piece(self, fragment: Fragment) -> lance.LanceFragment:
        piece = self.dataset.get_fragment(fragment.id)
        if piece is None:
            raise KeyError(f"the table has no fragment {fragment.id}")
        return piece

    def commit(self, rows: pa.Table | None, doomed: Collection[str]) -> ItemTable:
        """Insert rows and delete those with the `doomed` ids in one commit; returns the new version.

        A row in `rows` may have a doomed id: it replaces the old one.
        """
        new = write_fragments(rows, self.dataset, mode="append") if rows is not None and len(rows) else []
        updated, removed = self._without(doomed)
        if not (new or updated or removed):
            return self
        change = lance.LanceOperation.Update(
            removed_fragment_ids=removed, updated_fragments=updated, new_fragments=list(new)
        )
        return ItemTable(
            lance.LanceDataset.commit(self.dataset.uri, change, read_version=self.dataset.version)
        )

    def merged(self, rows: int) -> ItemTable:
        """Merge fragments of fewer than `rows` rows and drop deleted rows for good; the new version."""
        self.dataset.optimize.compact_files(target_rows_per_fragment=rows)
        return self.latest()

    def clean_up(self) -> None:
        """Delete the files of older versions; a reader of one of them must open the table again."""
        self.dataset.cleanup_old_versions(older_than=timedelta(0))

    def _without(self, ids: Collection[str]) -> tuple[list[Any], list[int]]:
        updated, removed = [], []
        listed = list(ids)
        touched: dict[int, list[str]] = {}
        for begin in range(0, len(listed), ID_CHUNK):
            for batch in self.batches(["id"], one_of("id", listed[begin : begin + ID_CHUNK])):
                for address, found in zip(
                    batch["_rowaddr"].to_pylist(), batch["id"].to_pylist(), strict=True
                ):
                    touched.setdefault(address >> 32, []).append(found)
        fragments = {fragment.fragment_id: fragment for fragment in self.dataset.get_fragments()}
        for fragment_id, doomed in touched.items():
            fragment = fragments[fragment_id].delete(one_of("id", doomed))
            if fragment is None:
                removed.append(fragment_id)
            else:
                updated.append(fragment)
        return updated, removed


def vector_rows(column: pa.FixedSizeListArray) -> NDArray[np.float32]:
    """A vector column as an array of shape (N, dimension), without a copy."""
    rows: NDArray[np.float32] = column.flatten().to_numpy().reshape(len(column), column.type.list_size)
    return rows
