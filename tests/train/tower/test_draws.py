"""Which rows make up which batch."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from polyvox.train.tower.draws import Draws
from polyvox.train.tower.model_section import Data, Source
from polyvox.train.tower.rows import Row

DATA = Data((Source("a"), Source("b")))


def rows(source: int, language: str, count: int) -> list[Row]:
    return [Row(Path(f"{source}{language}{n}"), language, source, str(n), "", float(n)) for n in range(count)]


def test_shares_by_hand() -> None:
    every = [*rows(0, "en", 16), *rows(0, "sw", 4), *rows(1, "en", 20)]
    flat = Draws(every, DATA, 4, 1, 0).shares
    assert flat == {
        (0, "en"): pytest.approx(0.4),
        (0, "sw"): pytest.approx(0.1),
        (1, "en"): pytest.approx(0.5),
    }
    # At temperature 2 the 16 and the 4 rows count as 4 and 2.
    damped = Draws(every, replace(DATA, temperature=2.0), 4, 1, 0).shares
    assert damped == {
        (0, "en"): pytest.approx(1 / 3),
        (0, "sw"): pytest.approx(1 / 6),
        (1, "en"): pytest.approx(0.5),
    }
    told = replace(DATA, sources=(Source("a", share=3.0), Source("b", share=1.0)))
    assert Draws(every, told, 4, 1, 0).shares[1, "en"] == pytest.approx(0.25)


def test_draws_follow_the_shares() -> None:
    every = [*rows(0, "en", 16), *rows(0, "sw", 4), *rows(1, "en", 20)]
    told = replace(DATA, temperature=2.0)
    counted = Counter(
        (d.row.source, d.row.language) for batch in Draws(every, told, 8, 400, 1) for d in batch
    )
    assert counted[0, "en"] / 3200 == pytest.approx(1 / 3, abs=0.03)
    assert counted[0, "sw"] / 3200 == pytest.approx(1 / 6, abs=0.03)


def test_no_row_comes_again_before_all_others_came() -> None:
    drawn = [d for batch in Draws(rows(0, "en", 64), DATA, 4, 16, 3) for d in batch]
    assert len({d.row.path for d in drawn}) == 64
    assert len({d.seed for d in drawn}) == 64


def test_the_seed_decides_and_a_longer_run_begins_like_a_shorter_one() -> None:
    every = rows(0, "en", 100)
    long = Draws(every, DATA, 4, 64, 5)
    assert len(long) == 64
    assert list(long) == list(long)
    assert list(islice(long, 32)) == list(Draws(every, DATA, 4, 32, 5))
    assert list(long) != list(Draws(every, DATA, 4, 64, 6))


def test_a_batch_holds_recordings_of_similar_length() -> None:
    batches = list(Draws(rows(0, "en", 256), DATA, 8, 16, 0))
    spread = [max(d.row.seconds for d in b) - min(d.row.seconds for d in b) for b in batches]
    assert sum(spread) / len(spread) < 40
    begins = [b[0].row.seconds for b in batches]
    assert begins != sorted(begins)
