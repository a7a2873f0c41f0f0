"""Rows that are read as they are needed: data that does not fit in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np

from polyvox.errors import PolyvoxError
from polyvox.train.manifest import Recording, manifest_folder
from polyvox.train.manifest_files import ManifestRow, manifest_rows
from polyvox.train.tower.draws import Draw, cut
from polyvox.train.tower.exclusion import excluded_hashes
from polyvox.train.tower.model_section import Data, Source
from polyvox.train.tower.rows import DataCounts, Row, Rows, file_hash, row_of, text_position, why_empty

T = TypeVar("T")
_TEXT_FIELDS = ("path", "language", "split", "transcript", "translation", "speaker")


_SAMPLE = 5_000
"""So many rows are kept in memory, for labels and checks."""
_MOST_HELD = 20_000
_NEED_ALL = ("near_duplicates", "parallel", "test_splits", "test", "hours", "speakers")


def scan(data: Data, folder: Path) -> Rows:
    """Read streamed manifests twice: for the held-out rows, then to count those to train on.

    A row is held out when its split says so, or, without a split, by the hash of its text.

    Raises:
        PolyvoxError: a manifest cannot be read, no row is left, or a stream cannot do what is asked.
    """
    whole = [name for name in _NEED_ALL if getattr(data, name)]
    if whole:
        raise PolyvoxError(f"[data] {', '.join(whole)}: need all rows in memory; leave stream out")
    counts = DataCounts()
    held: list[Row] = []
    for row in _held(data, folder, counts):
        if len(held) < _MOST_HELD:
            held.append(row)
    excluded = frozenset(excluded_hashes([folder / name for name in data.exclude]))
    texts = frozenset(digest for row in held for digest in row.hashes())
    sample: list[Row] = []
    for row in _trained(data, folder, excluded, texts, counts):
        counts.languages[row.language] += 1
        if len(sample) < _SAMPLE:
            sample.append(row)
    if not sample:
        raise PolyvoxError(why_empty(counts, data))
    return Rows(sample, held, counts, counts.languages.total(), texts | excluded)


def _held(data: Data, folder: Path, counts: DataCounts) -> Iterator[Row]:
    for number, source in enumerate(data.sources):
        counts.files[source.path] = file_hash(folder / source.path)
        for row, split in source_rows(source, number, folder, counts):
            if split in data.development_splits or (not split and text_position(row) < data.development):
                yield row


def _trained(
    data: Data, folder: Path, excluded: frozenset[int], held: frozenset[int], counts: DataCounts
) -> Iterator[Row]:
    for number, source in enumerate(data.sources):
        for row, split in source_rows(source, number, folder):
            if split and split not in data.train_splits:
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
    """

    drop_last = True

    def __init__(
        self, data: Data, folder: Path, unwanted: frozenset[int], batch_size: int, batches: int, seed: int
    ) -> None:
        self.batch_size, self._batches, self._seed = batch_size, batches, seed
        self._data, self._folder, self._unwanted = data, folder, unwanted

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
            if (not split or split in self._data.train_splits) and not row.hashes() & self._unwanted:
                yield row


def source_rows(
    source: Source, number: int, folder: Path, counts: DataCounts | None = None
) -> Iterator[tuple[Row, str]]:
    """The usable rows of one manifest with their split, one at a time.

    Args:
        source: the manifest.
        number: of the source.
        folder: that its path is relative to.
        counts: where rows, and those that cannot be used, are counted.

    Raises:
        ManifestError: the manifest cannot be read.
    """
    path = folder / source.path
    base = manifest_folder(path)
    names = {ours: source.columns.get(ours, ours) for ours in (*_TEXT_FIELDS, "seconds")}
    for found in manifest_rows(path).rows:
        recording = _recording(found, names, source.language)
        if source.languages and recording.language not in source.languages:
            continue
        row = row_of(recording, base, number)
        found_file = bool(recording.path) and row.path.is_file()
        if counts is not None:
            _count(row, counts, source, found_file=found_file)
        if found_file and row.texts():
            yield row, recording.split


def _count(row: Row, counts: DataCounts, source: Source, *, found_file: bool) -> None:
    counts.read += 1
    if not found_file:
        counts.skipped.append(f"{row.path}: no such file, but {source.path} has a row for it")
    elif not row.texts():
        counts.without_text += 1


def _recording(found: ManifestRow, names: dict[str, str], language: str) -> Recording:
    texts = {ours: found.values.get(names[ours], "").strip() for ours in _TEXT_FIELDS}
    texts["language"] = texts["language"] or language or "und"
    try:
        seconds = float(found.values.get(names["seconds"], "") or 0)
    except ValueError:
        seconds = 0.0
    return Recording(**texts, seconds=seconds)


def shuffled(rows: Iterator[T], size: int, dice: np.random.Generator) -> Iterator[T]:
    """An endless iterator in a random order: each row leaves a buffer of `size` at random."""
    buffer = [next(rows) for _ in range(size)]
    while True:
        place = int(dice.integers(size))
        yield buffer[place]
        buffer[place] = next(rows)
