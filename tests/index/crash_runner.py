"""A process that brings an index in line with a folder in many small commits, made to be killed."""

from __future__ import annotations

import sys
from pathlib import Path

from polyvox.index import Index, IndexWriter
from polyvox.index.ingest import ingest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.index.conftest import HashedWords


class ImpatientIndex(Index):
    """Commits every few rows, so that a kill finds the writer in every one of its states."""

    def writer(self, *, timeout: float = 60.0, on_wait: object = None) -> IndexWriter:
        return IndexWriter(self.folder, timeout=timeout, flush_rows=25, flush_seconds=0.02)


if __name__ == "__main__":
    target, source = sys.argv[1:]
    print("ready", flush=True)
    index = ImpatientIndex.open_or_create(target, HashedWords())
    ingest(index, [source], prune=True, wait=30)
    print("done", flush=True)
