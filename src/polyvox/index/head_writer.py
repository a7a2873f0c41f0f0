"""Keeping the head in step with the table; the caller holds the writer's lock."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from polyvox.encode.protocol import Vectors
from polyvox.index.calibration import measured_depth
from polyvox.index.head_files import SCALE, Directory, HeadFiles, Segment, append_rows, byte_sum, narrow
from polyvox.index.quantizer import ENCODE_BLOCK, PARTS, SAMPLE_ROWS, Codes, Quantizer, train_quantizer
from polyvox.index.table import Fragment, ItemTable

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HeadOptions:
    """When the head learns.

    Attributes:
        train_rows: below this many rows there are no codes, every vector is scored.
        relearn_growth: the quantizer is learned anew when the index has grown by this factor.
        recalibrate_growth: the depth is measured anew when the index has grown by this factor.
        recall: the share of the ten true neighbours that the proposed candidates must hold.
        dead_share: the head is written anew when more of its rows than this belong to no row of the table.
    """

    train_rows: int = 20_000
    relearn_growth: float = 10.0
    recalibrate_growth: float = 2.0
    recall: float = 0.995
    dead_share: float = 0.5


class HeadWriter:
    """Writes the head's files."""

    def __init__(self, files: HeadFiles, options: HeadOptions | None = None) -> None:
        self._files = files
        self._options = options or HeadOptions()

    def catch_up(self, table: ItemTable) -> Directory:
        """Make the head cover every row of the table; costs nothing when it does."""
        directory = self._sound(table, self._files.read())
        known = {segment.data_file for segment in directory.segments}
        missing = [fragment for fragment in table.fragments() if fragment.data_file not in known]
        if not missing:
            return directory
        self._files.folder.mkdir(parents=True, exist_ok=True)
        directory = self._with_vectors(table, directory, missing)
        directory = self._with_codes(directory, len(missing))
        self._files.write(directory)
        return directory

    def rebuild(self, table: ItemTable) -> Directory:
        """Write the head anew from the table, and learn anew."""
        self._files.folder.mkdir(parents=True, exist_ok=True)
        self._files.write(self._anew(self._files.read()))
        return self.catch_up(table)

    def _anew(self, old: Directory) -> Directory:
        return Directory(self._files.dimension, old.generation + 1, code_generation=old.code_generation + 1)

    def _sound(self, table: ItemTable, directory: Directory) -> Directory:
        """The directory, or an empty one of the next generation when its files cannot be built upon."""
        wanted = {fragment.data_file for fragment in table.fragments()}
        dead = sum(s.rows for s in directory.segments if s.data_file not in wanted)
        if dead > self._options.dead_share * directory.rows:
            return self._anew(directory)
        try:
            self._files.vectors(directory)
            if directory.quantized:
                self._files.codes(directory, Quantizer.load(self._files.quantizer_path(directory)).code_bytes)
        except (OSError, ValueError, KeyError) as error:
            LOGGER.warning("the head in %s is damaged (%s); it is made again", self._files.folder, error)
            return self._anew(directory)
        return directory

    def _with_vectors(self, table: ItemTable, directory: Directory, missing: list[Fragment]) -> Directory:
        path = self._files.vectors_path(directory)
        for fragment in missing:
            start = directory.rows
            total = 0

            def blocks(piece: Fragment = fragment) -> Iterator[np.ndarray]:
                nonlocal total
                for rows in table.fragment_vectors(piece):
                    block = narrow(rows)
                    total += byte_sum(block)
                    yield block

            append_rows(path, start * self._files.dimension * 2, blocks())
            added = Segment(fragment.data_file, start, fragment.rows, total % 2**64)
            directory = replace(directory, segments=(*directory.segments, added))
        return directory

    def _with_codes(self, directory: Directory, new: int) -> Directory:
        """Codes for the last `new` segments, or for all of them when it is time to learn."""
        if directory.rows < self._options.train_rows:
            return directory
        quantizer = Quantizer.load(self._files.quantizer_path(directory)) if directory.quantized else None
        if quantizer is None or directory.rows >= self._options.relearn_growth * quantizer.trained_rows:
            return self._learned(directory)
        directory = self._encoded(directory, quantizer, len(directory.segments) - new)
        if directory.rows >= self._options.recalibrate_growth * directory.calibrated_rows:
            return self._calibrated(directory, quantizer) or self._learned(directory)
        return directory

    def _learned(self, directory: Directory) -> Directory:
        sample = self._sample(directory)
        for parts in (PARTS, 2 * PARTS):
            quantizer = train_quantizer(sample, directory.rows, parts)
            fresh = replace(directory, code_generation=directory.code_generation + 1, quantized=True)
            quantizer.save(self._files.quantizer_path(fresh))
            fresh = self._encoded(fresh, quantizer, 0)
            calibrated = self._calibrated(fresh, quantizer)
            if calibrated is not None:
                return calibrated
        LOGGER.warning("no code is fine enough for these vectors; every vector is scored")
        return replace(directory, quantized=False)

    def _sample(self, directory: Directory) -> Vectors:
        rows = np.linspace(0, directory.rows - 1, min(SAMPLE_ROWS, directory.rows)).astype(np.int64)
        return self._files.vectors(directory)[rows].astype(np.float32) / np.float32(SCALE)

    def _encoded(self, directory: Directory, quantizer: Quantizer, first: int) -> Directory:
        vectors = self._files.vectors(directory)
        segments = list(directory.segments)

        def blocks() -> Iterator[Codes]:
            for place in range(first, len(segments)):
                segment, total = segments[place], 0
                for begin in range(segment.start, segment.stop, ENCODE_BLOCK):
                    rows = vectors[begin : min(begin + ENCODE_BLOCK, segment.stop)].astype(np.float32)
                    codes = quantizer.encode(rows / np.float32(SCALE))
                    total += byte_sum(codes)
                    yield codes
                segments[place] = replace(segment, code_sum=total % 2**64)

        covered = segments[first].start * quantizer.code_bytes
        append_rows(self._files.codes_path(directory), covered, blocks())
        return replace(directory, segments=tuple(segments))

    def _calibrated(self, directory: Directory, quantizer: Quantizer) -> Directory | None:
        scanner = quantizer.scanner(self._files.codes(directory, quantizer.code_bytes))
        depth = measured_depth(self._files.vectors(directory), scanner, self._options.recall)
        return replace(directory, depth=depth, calibrated_rows=directory.rows) if depth else None
