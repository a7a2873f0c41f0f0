"""The queue in front of the threads that search."""

from __future__ import annotations

import asyncio
import threading

import pytest
from tests.serve.loops import in_own_loop

pytest.importorskip("fastapi", reason="needs the extra 'serve'")

from polyvox.serve.errors import ApiError
from polyvox.serve.searches import Searches


def test_what_does_not_fit_is_refused_at_once_and_room_comes_back() -> None:
    searches = Searches(threads=1, queue=1)
    go = threading.Event()

    async def run() -> None:
        first = asyncio.create_task(searches.run(go.wait))
        second = asyncio.create_task(searches.run(lambda: 2))
        await asyncio.sleep(0)
        with pytest.raises(ApiError) as refused:
            await searches.run(lambda: 3)
        assert refused.value.status_code == 503
        assert refused.value.headers is not None and int(refused.value.headers["Retry-After"]) >= 1
        go.set()
        assert await second == 2
        await first
        assert await searches.run(lambda: 4) == 4

    in_own_loop(run())
    assert searches.running == 0
    searches.close()


def test_a_failed_search_gives_its_place_back() -> None:
    searches = Searches(threads=1, queue=0)

    def fail() -> None:
        raise KeyError("x")

    async def run() -> int:
        for _ in range(3):
            with pytest.raises(KeyError):
                await searches.run(fail)
        return await searches.run(lambda: 1)

    assert in_own_loop(run()) == 1
    searches.close()
