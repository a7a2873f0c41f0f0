"""Rows that are read as they are needed: data that does not fit in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np

from polyvox.errors import PolyvoxError
from polyvox.train.tower.draws import Draw, cut
from polyvox.train.tower.exclusion import excluded_hashes
from polyvox.train.tower.model_section import Data
from polyvox.train.tower.rows import DataCounts, Row, Rows, file_hash, source_rows, text_position, why_empty
from polyvox.train.tower.training_section import TARGETS

T = TypeVar("T")
_SAMPLE = 5_000
"""So many rows are kept in memory, for labels and checks."""
_MOST_HELD = 20_000
_NEED_ALL = ("near_duplicates", "parallel", "test_splits", "test", "hours", "speakers")


def scan(data: Data, folder: Path, sides: Collection[str] = TARGETS) -> Rows:
    """Read streamed manifests twice: for the held-out rows, then to count those to train on.

    A row is held out when its split says so, or, without a split, by the hash of its text.

    Args:
        data: what to read.
        folder: that its paths are relative to.
        sides: of its texts a row needs one of these, `transcript` or `translation`.

    Raises:
        PolyvoxError: a manifest cannot be read, no row is left, or a stream cannot do what is asked.
    """
    whole = [name for name in _NEED_ALL if getattr(data, name)]
    if whole:
        raise PolyvoxError(f"[data] {', '.join(whole)}: need all rows in memory; leave stream out")
    counts = DataCounts()
    held: list[Row] = []
    for row in _held(data, folder, sides, counts):
        if len(held) < _MOST_HELD:
            held.append(row)
    excluded = frozenset(excluded_hashes([folder / name for name in data.exclude]))
    texts = frozenset(digest for row in held for digest in row.hashes())
    sample: list[Row] = []
    for row in _trained(data, folder, sides, excluded, texts, counts):
        counts.languages[row.language] += 1
        if len(sample) < _SAMPLE:
            sample.append(row)
    if not sample:
        raise PolyvoxError(why_empty(counts, data, sides))
    return Rows(sample, held, counts, counts.languages.total(), texts | excluded)


def _held(data: Data, folder: Path, sides: Collection[str], counts: DataCounts) -> Iterator[Row]:
    for number, source in enumerate(data.sources):
        counts.files[source.path] = file_hash(folder / source.path)
        for row, split in source_rows(source, number, folder, counts):
            if not row.has(sides):
                counts.without_text += 1
            elif split in data.development_splits or (not split and text_position(row) < data.development):
                yield row


def _trained(
    data: Data,
    folder: Path,
    sides: Collection[str],
    excluded: frozenset[int],
    held: frozenset[int],
    counts: DataCounts,
) -> Iterator[Row]:
    for number, source in enumerate(data.sources):
        for row, split in source_rows(source, number, folder):
            if not row.has(sides) or (split and split not in data.train_splits):
                continue
            hashes = row.hashes()
            counts.in_exclusion += bool(hashes & excluded)
            counts.in_development += bool(hashes & held)
            if not hashes & excluded and not hashes & held:
                yield row


class StreamedDraws:
    """Batches from manifests that are read again and again, through a shuffling buffer for each.

    Only the buffers are in memory. Which rows come when depends on the seed, the buffer and the manifests
    alone, and no recording is opened to skip a batch, so a resumed run finds its place quickly and sees the
    same. Shares hold between sources; inside a source rows come as often as they are there.

    Args:
        data: sources, splits and the size of the buffer.
        folder: that the manifests' paths are relative to.
        unwanted: hashes of texts that must not be trained on.
        batch_size: rows in a batch.
        batches: how many there are.
        seed: of every draw.
        sides: of its texts a row needs one of these.
    """

    drop_last = True

    def __init__(
        self,
        data: Data,
        folder: Path,
        unwanted: frozenset[int],
        batch_size: int,
        batches: int,
        seed: int,
        sides: Collection[str] = TARGETS,
    ) -> None:
        self.batch_size, self._batches, self._seed = batch_size, batches, seed
        self._data, self._folder, self._unwanted = data, folder, unwanted
        self._sides = sides

    def __len__(self) -> int:
        return self._batches

    def __iter__(self) -> Iterator[list[Draw]]:
        dice = np.random.default_rng(self._seed)
        # A manifest of nothing but held-out rows would be read for ever.
        numbers = [n for n in range(len(self._data.sources)) if next(self._once(n), None) is not None]
        endless = [shuffled(self._endless(number), self._data.buffer, dice) for number in numbers]
        given = np.array([self._data.sources[number].share for number in numbers])
        shares = given / given.sum() if given.sum() else np.full(len(given), 1 / len(given))

        def drawn() -> Iterator[Row]:
            while True:
                for source in dice.choice(len(shares), 1024, p=shares):
                    yield next(endless[source])

        yield from cut(drawn(), self.batch_size, self._batches, dice)

    def _endless(self, number: int) -> Iterator[Row]:
        while True:
            yield from self._once(number)

    def _once(self, number: int) -> Iterator[Row]:
        for row, split in source_rows(self._data.sources[number], number, self._folder):
            trained = row.has(self._sides) and (not split or split in self._data.train_splits)
            if trained and not row.hashes() & self._unwanted:
                yield row


def shuffled(rows: Iterator[T], size: int, dice: np.random.Generator) -> Iterator[T]:
    """An endless iterator in a random order: each row leaves a buffer of `size` at random."""
    buffer = [next(rows) for _ in range(size)]
    while True:
        place = int(dice.integers(size))
        yield buffer[place]
        buffer[place] = next(rows)
