"""One pass over inputs: read, encode, hand on; what went wrong is told and counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from polyvox.cli.encode_input import Batch, EncodeInput
from polyvox.cli.problems import report_ignored, skipped, tell
from polyvox.cli.progress import Progress
from polyvox.encode.items import encode_items
from polyvox.encode.protocol import Encoder, Role, Vectors
from polyvox.encode.vector_files import Row
from polyvox.index.ahead import ahead
from polyvox.index.ingest import AHEAD


class EncodePass:
    """Reading and encoding overlap; memory is bounded by a few batches.

    Args:
        encoder: makes the vectors.
        role: of the inputs.
        take: gets rows and their vectors (N, dimension), in order.
    """

    def __init__(self, encoder: Encoder, role: Role, take: Callable[[Sequence[Row], Vectors], None]) -> None:
        self._encoder, self._role, self._hand_on = encoder, role, take
        self.rows = self._empty = self._problems = 0

    def through(self, source: EncodeInput) -> None:
        """Take everything, with progress."""
        with Progress() as progress:
            for batch in ahead(source.batches(), AHEAD):
                self._take(batch)
                progress(batch.read, source.size, batch.path)

    def tell(self, source: EncodeInput) -> int:
        """Say what was left out, and return how many problems there were."""
        for problem in source.problems:
            skipped(problem.path, problem.reason)
        report_ignored([(ignored.path, ignored.reason) for ignored in source.ignored])
        if self._empty:
            tell(f"{self._empty:,} rows are all zeros: the model knows nothing in them")
        return self._problems + len(source.problems)

    def _take(self, batch: Batch) -> None:
        for problem in batch.problems:
            skipped(problem.path, problem.reason)
        self._problems += len(batch.problems)
        if batch.items:
            vectors = encode_items(self._encoder, batch.items, role=self._role)
            self._hand_on(batch.rows(), vectors)
            self.rows += len(vectors)
            self._empty += int((~vectors.any(axis=1)).sum())
