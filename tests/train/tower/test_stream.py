"""Rows that are read as they are needed."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from polyvox.errors import PolyvoxError
from polyvox.train.manifest import read_manifest, write_manifest
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
    with pytest.raises(PolyvoxError, match="near_duplicates: need all rows in memory"):
        scan(replace(DATA, near_duplicates=0.9), tones)
    with pytest.raises(PolyvoxError, match="stream all of them or none"):
        Data((Source("a", stream=True), Source("b")))


DATA_AND_HELD = Data((Source("manifest.tsv", stream=True), Source("held.tsv", stream=True)), buffer=16)


@pytest.fixture
def held(tones: Path, tmp_path: Path) -> Path:
    """The tones with a second manifest of held-out rows, of which one has no file and one no text."""
    folder = tmp_path / "tones"
    shutil.copytree(tones, folder)
    recordings = read_manifest(folder / "manifest.tsv", language="en", report=print)[:4]
    recordings = [replace(one, split="dev") for one in recordings]
    recordings[2] = replace(recordings[2], path="gone.wav")
    recordings[3] = replace(recordings[3], transcript="")
    write_manifest(folder / "held.tsv", recordings)
    return folder


def test_a_manifest_of_held_out_rows_alone_is_not_read_for_ever(held: Path) -> None:
    drawn = StreamedDraws(DATA_AND_HELD, held, scan(DATA_AND_HELD, held).unwanted, 6, 20, 1)
    assert {draw.row.source for batch in drawn for draw in batch} == {0}


def test_rows_that_a_stream_cannot_use_are_counted(held: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polyvox.train.tower.stream._MOST_HELD", 1)
    counts = scan(DATA_AND_HELD, held).counts
    assert counts.read == load_rows(DATA, held).counts.read + 4
    assert [reason.partition(":")[0] for reason in counts.skipped] == [str(held / "gone.wav")]
    assert counts.without_text == 1
    assert counts.files.keys() == {"manifest.tsv", "held.tsv"}


def test_a_stream_reads_a_manifest_as_strictly_as_the_whole_is_read(tones: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tones"
    shutil.copytree(tones, folder)
    (tmp_path / "secret.wav").write_bytes(b"")
    recordings = read_manifest(folder / "manifest.tsv", language="en", report=print)[:9]
    write_manifest(folder / "manifest.tsv", [*recordings, replace(recordings[0], path="../secret.wav")])
    rows = scan(DATA, folder)
    assert rows.size == len(recordings) - len(rows.development)
    assert ["lies outside" in reason for reason in rows.counts.skipped] == [True]
    wrong = Source("manifest.tsv", stream=True, columns={"transcript": "sentence"})
    with pytest.raises(PolyvoxError, match="the column 'sentence' is missing"):
        scan(Data((wrong,)), folder)


def test_a_stream_leaves_out_rows_without_the_text_that_is_trained_on(tones: Path) -> None:
    with pytest.raises(PolyvoxError, match="without translation, which"):
        scan(DATA, tones, ["translation"])
