"""Rows that are read as they are needed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from polyvox.errors import PolyvoxError
from polyvox.train.tower.model_section import Data, Source
from polyvox.train.tower.rows import load_rows
from polyvox.train.tower.stream import StreamedDraws, scan, shuffled

DATA = Data((Source("manifest.tsv", stream=True),), buffer=16)


def test_a_scan_finds_what_reading_everything_finds(tones: Path) -> None:
    streamed, whole = scan(DATA, tones), load_rows(DATA, tones)
    assert streamed.size == whole.size == 66
    assert streamed.development == whole.development
    assert streamed.counts.languages == whole.counts.languages


def test_every_row_comes_and_held_out_texts_never_do(tones: Path) -> None:
    rows = scan(DATA, tones)
    drawn = StreamedDraws(DATA, tones, rows.unwanted, 6, 110, 1)
    counted = Counter(draw.row.path for batch in drawn for draw in batch)
    assert counted.keys() == {row.path for row in rows.train}
    # Ten passes; what is in the buffer at the end has come once less.
    assert set(counted.values()) <= {8, 9, 10, 11, 12}


def test_the_seed_decides(tones: Path) -> None:
    rows = scan(DATA, tones)
    drawn = StreamedDraws(DATA, tones, rows.unwanted, 6, 32, 1)
    assert len(drawn) == 32
    assert list(drawn) == list(drawn)
    assert list(drawn) != list(StreamedDraws(DATA, tones, rows.unwanted, 6, 32, 2))


def test_a_buffer_loses_and_repeats_nothing() -> None:
    mixed = list(islice(shuffled(iter(range(1000)), 50, np.random.default_rng(0)), 900))
    assert len(set(mixed)) == 900
    assert mixed != sorted(mixed)


def test_what_a_stream_cannot_do_is_said(tones: Path) -> None:
    with pytest.raises(PolyvoxError, match="near_duplicates and parallel need all rows in memory"):
        scan(replace(DATA, near_duplicates=0.9), tones)
    with pytest.raises(PolyvoxError, match="stream all of them or none"):
        Data((Source("a", stream=True), Source("b")))
