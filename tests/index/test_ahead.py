from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from polyvox.index.ahead import ahead


def test_keeps_the_order_and_runs_in_another_thread() -> None:
    made_in: set[str] = set()

    def numbers() -> Iterator[int]:
        for number in range(50):
            made_in.add(threading.current_thread().name)
            yield number

    assert list(ahead(numbers(), 3)) == list(range(50))
    assert made_in == {"polyvox-reader"}


def test_never_makes_more_than_fit() -> None:
    made = 0

    def numbers() -> Iterator[int]:
        nonlocal made
        for number in range(100):
            made += 1
            yield number

    for used, _ in enumerate(ahead(numbers(), 2), 1):
        assert made <= used + 4, "two wait, one is being put, one is being made"


def test_an_error_comes_after_what_was_made_before_it() -> None:
    def breaks() -> Iterator[int]:
        yield 1
        raise KeyError("lost")

    seen = []
    with pytest.raises(KeyError, match="lost"):
        for number in ahead(breaks(), 4):
            seen.append(number)  # noqa: PERF402 - the loop is what is tested
    assert seen == [1]


def test_the_producer_ends_when_nobody_listens_any_more() -> None:
    def endless() -> Iterator[int]:
        while True:
            yield 0

    stream = ahead(endless(), 2)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert not any(thread.name == "polyvox-reader" for thread in threading.enumerate())
