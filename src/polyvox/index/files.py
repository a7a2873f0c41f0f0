"""The log of files: which file, in which state, has its items in the table.

The log is a Lance dataset that is only appended to; the last record of a path counts. It makes the writes of
a file recoverable, because it is written around them (see `polyvox.index.writer`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import lance
import pyarrow as pa

from polyvox.index.filters import one_of


class FileStatus(StrEnum):
    """How far the work on a file has come."""

    BEGUN = "begun"
    DONE = "done"
    REMOVING = "removing"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was read: `digest` is that of `told_digest`, `mtime_ns` its time of change.

    `items` counts the rows that came of it once `status` is "done"; `problem` says what could not be read
    of a file whose rest is in the table.
    """

    path: str
    digest: str
    size: int = 0
    mtime_ns: int = 0
    items: int = 0
    status: FileStatus = FileStatus.BEGUN
    problem: str = ""

    @property
    def done(self) -> bool:
        """Whether every item of the file is in the table and none of an older version is."""
        return self.status is FileStatus.DONE

    @property
    def content(self) -> str:
        """The hash of the file's bytes."""
        return self.digest.partition(_TOLD)[0]

    @property
    def language(self) -> str:
        """The language that was told of the file when it was read; empty where none was.

        An index that was made before this was kept has none, and its files are read again once they are told.
        """
        return self.digest.partition(_TOLD)[2]

    def with_status(self, status: FileStatus, items: int = 0) -> FileState:
        """The same file, further on."""
        return replace(self, status=status, items=items)


def told_digest(content: str, language: str | None) -> str:
    """What the items of a file hang on: the hash of its bytes, and the language that was told of it.

    The same bytes read in another language are another version of the file, and its items replace the others.

    >>> told_digest("9f", None), told_digest("9f", "sw"), FileState("a.ogg", "9f+sw").language
    ('9f', '9f+sw', 'sw')
    """
    return f"{content}{_TOLD}{language}" if language else content


_TOLD = "+"
SCHEMA = pa.schema(
    [
        pa.field("path", pa.string(), nullable=False),
        pa.field("digest", pa.string(), nullable=False),
        pa.field("size", pa.int64(), nullable=False),
        pa.field("mtime_ns", pa.int64(), nullable=False),
        pa.field("items", pa.int64(), nullable=False),
        pa.field("status", pa.string(), nullable=False),
        pa.field("problem", pa.string(), nullable=False),
    ]
)


class FileLog:
    """The states of all files, kept in one folder."""

    def __init__(self, folder: Path) -> None:
        self._uri = str(folder)

    @classmethod
    def create(cls, folder: Path) -> FileLog:
        """An empty log; one that is there already is left as it is."""
        if not folder.exists():
            lance.write_dataset(SCHEMA.empty_table(), str(folder))
        return cls(folder)

    def states(self) -> dict[str, FileState]:
        """The last state of every path that is not gone."""
        states: dict[str, FileState] = {}
        for batch in lance.dataset(self._uri).to_batches():
            for row in batch.to_pylist():
                row["status"] = FileStatus(row["status"])
                states[row["path"]] = FileState(**row)
        return {path: state for path, state in states.items() if state.status is not FileStatus.GONE}

    def state(self, path: str) -> FileState | None:
        """The last state of one path; None when it is gone or was never there."""
        rows = lance.dataset(self._uri).to_table(filter=one_of("path", [path])).to_pylist()
        if not rows:
            return None
        last = FileState(**rows[-1] | {"status": FileStatus(rows[-1]["status"])})
        return None if last.status is FileStatus.GONE else last

    def record(self, states: Iterable[FileState]) -> None:
        """Append states in one commit; nothing happens when there are none."""
        table = _arrow(states)
        if table.num_rows:
            lance.write_dataset(table, self._uri, mode="append")

    @property
    def commits(self) -> int:
        """Commits since the log was last rewritten; reading it takes a little for each."""
        return len(lance.dataset(self._uri).get_fragments())

    def compact(self) -> None:
        """Rewrite the log so that it has one record a path, in one commit."""
        lance.write_dataset(_arrow(self.states().values()), self._uri, mode="overwrite")
        lance.dataset(self._uri).cleanup_old_versions(older_than=timedelta(0))


def _arrow(states: Iterable[FileState]) -> pa.Table:
    rows = [(s.path, s.digest, s.size, s.mtime_ns, s.items, s.status.value, s.problem) for s in states]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(SCHEMA)
    return pa.Table.from_arrays(
        [pa.array(column, kind.type) for column, kind in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
    )
