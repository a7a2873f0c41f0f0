"""Parts of the rows: hours and speakers."""

from __future__ import annotations

from pathlib import Path

import pytest

from polyvox.errors import PolyvoxError
from polyvox.train.tower.model_section import Data, Source
from polyvox.train.tower.rows import Row
from polyvox.train.tower.subset import subset

ROWS = [Row(Path(f"{number}.wav"), "sw", 0, "", "t", 360.0, f"ana_{number % 2}") for number in range(20)]


def part(**settings: object) -> list[Row]:
    return subset(ROWS, Data((Source("m.tsv"),), **settings))  # type: ignore[arg-type]


def test_fewer_hours_are_a_part_of_more_hours() -> None:
    assert len(part(hours=0.5)) == 5
    assert len(part(hours=1.05)) == 10
    assert set(part(hours=0.5)) < set(part(hours=1.05)) < set(part(hours=99.0))
    assert part() == ROWS == part(hours=99.0)


def test_speakers_by_name_and_pattern() -> None:
    assert {row.speaker for row in part(speakers=("ana_1",))} == {"ana_1"}
    assert part(speakers=("ana*",)) == ROWS
    both = part(speakers=("ana_1",), hours=0.5)
    assert len(both) == 5
    assert {row.speaker for row in both} == {"ana_1"}


def test_an_unknown_speaker_and_missing_seconds_are_named() -> None:
    with pytest.raises(PolyvoxError, match=r"speakers: eva match nobody of the 2 .*ana_0, ana_1"):
        part(speakers=("eva",))
    silent = [Row(Path("1.wav"), "sw", 0, "", "t")]
    with pytest.raises(PolyvoxError, match="fill the column 'seconds'"):
        subset(silent, Data((Source("m.tsv"),), hours=1.0))
