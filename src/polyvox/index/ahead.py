"""Making things in one thread while they are used in another."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.1
"""How often a producer that waits for room looks whether anybody still wants its things."""


@dataclass(frozen=True, slots=True)
class _Made(Generic[T]):
    thing: T


@dataclass(frozen=True, slots=True)
class _Ended:
    error: BaseException | None = None


def ahead(things: Iterable[T], most: int) -> Iterator[T]:
    """The same things, made in another thread while earlier ones are used; at most `most` wait.

    An error while they are made is raised where they are used.

    >>> list(ahead(range(3), 2))
    [0, 1, 2]
    """
    waiting: queue.Queue[_Made[T] | _Ended] = queue.Queue(most)
    stopped = threading.Event()

    def put(what: _Made[T] | _Ended) -> None:
        while not stopped.is_set():
            with suppress(queue.Full):
                waiting.put(what, timeout=POLL_SECONDS)
                return

    def produce() -> None:
        try:
            for thing in things:
                put(_Made(thing))
                if stopped.is_set():
                    return
            put(_Ended())
        except BaseException as error:
            put(_Ended(error))

    reader = threading.Thread(target=produce, name="polyvox-reader", daemon=True)
    reader.start()
    try:
        while isinstance(made := waiting.get(), _Made):
            yield made.thing
        if made.error is not None:
            raise made.error
    finally:
        stopped.set()
        reader.join(timeout=5.0)
