"""Following the head's files as a writer extends them; what they lack is held in memory."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from polyvox.index.head import Head, Mask, ScannerSource, Span
from polyvox.index.head_files import Directory, HeadFiles, Narrow, Segment, byte_sum, narrow
from polyvox.index.quantizer import CodeScanner, Quantizer
from polyvox.index.table import Fragment, ItemTable

LOGGER = logging.getLogger(__name__)

RELAYOUT_ROWS = 4_096
RELAYOUT_SHARE = 200


class HeadReader:
    """The head's files as of the last `refresh`; not thread-safe, the heads that it makes are.

    Attributes:
        damaged: the files are not what was written.
    """

    def __init__(self, folder: Path, dimension: int) -> None:
        self.folder = folder
        self._files = HeadFiles(folder, dimension)
        self._dimension = dimension
        self.forget()

    def forget(self) -> None:
        """Read everything anew at the next refresh."""
        self.damaged = False
        self._directory = Directory(self._dimension)
        self._vectors: Narrow = np.empty((0, self._dimension), np.int16)
        self._sound: dict[str, Segment] = {}
        self._memory: dict[str, Narrow] = {}
        self._source = ScannerSource(lambda: None)
        self._laid_out = 0

    @property
    def rows(self) -> int:
        """Rows in the files."""
        return len(self._vectors)

    def has(self, fragment: Fragment) -> bool:
        """Whether a fragment's rows are at hand, in the files or in memory."""
        return fragment.data_file in self._sound or fragment.data_file in self._memory

    def start(self, fragment: Fragment) -> int | None:
        """The first row of a fragment in the files; None when it is not there."""
        segment = self._sound.get(fragment.data_file)
        return None if segment is None else segment.start

    def refresh(self) -> None:
        """Take in what the writer has added, and check it against the sums that it left."""
        old, directory = self._directory, self._files.read()
        if directory == old:
            return
        if directory.generation != old.generation or directory.rows < old.rows:
            self.forget()
        try:
            self._vectors = self._files.vectors(directory)
        except (OSError, ValueError) as error:
            LOGGER.warning("the head in %s cannot be read (%s)", self.folder, error)
            self.damaged = True
            return
        for segment in directory.segments:
            if segment.data_file not in self._sound:
                self._take_in(segment)
        self._directory = directory
        self._follow_codes(old, directory)

    def tail(self, table: ItemTable, fragments: list[Fragment]) -> Narrow:
        """The vectors of the fragments that the files do not have, read from the table once."""
        absent = [f for f in fragments if f.data_file not in self._sound and f.rows]
        self._memory = {
            f.data_file: self._memory[f.data_file]
            if f.data_file in self._memory
            else np.concatenate([narrow(rows) for rows in table.fragment_vectors(f)])
            for f in absent
        }
        empty: Narrow = np.empty((0, self._dimension), np.int16)
        return np.concatenate([empty, *self._memory.values()])

    def head(self, tail: Narrow, spans: list[Span], live: Mask | None) -> Head:
        """The head of one table version."""
        return Head(self._vectors, tail, spans, live, self._source, self._directory.depth_now)

    def _take_in(self, segment: Segment) -> None:
        if byte_sum(self._vectors[segment.start : segment.stop]) == segment.vector_sum:
            self._sound[segment.data_file] = segment
        else:
            self.damaged = True

    def _follow_codes(self, old: Directory, new: Directory) -> None:
        """Have the scanner built anew, or extended, once enough codes have come."""
        same = (old.code_generation, old.generation) == (new.code_generation, new.generation)
        if same and new.rows - self._laid_out <= max(RELAYOUT_ROWS, new.rows // RELAYOUT_SHARE):
            return
        before = self._source.scanner
        base = before if same else None
        self._source = ScannerSource(lambda: self._scanner(new, base), warm=before is not None)
        self._laid_out = new.rows

    def _scanner(self, directory: Directory, base: CodeScanner | None) -> CodeScanner | None:
        if not directory.quantized:
            return None
        first = base.rows if base else 0
        try:
            quantizer = Quantizer.load(self._files.quantizer_path(directory))
            codes = self._files.codes(directory, quantizer.code_bytes)
        except (OSError, ValueError, KeyError) as error:
            LOGGER.warning("the codes in %s cannot be read (%s); every vector is scored", self.folder, error)
            return None
        late = [segment for segment in directory.segments if segment.stop > first]
        if any(byte_sum(codes[segment.start : segment.stop]) != segment.code_sum for segment in late):
            LOGGER.warning("the codes in %s are damaged; every vector is scored", self.folder)
            return None
        fresh = quantizer.scanner(codes[first:])
        return base.extended(fresh) if base else fresh
