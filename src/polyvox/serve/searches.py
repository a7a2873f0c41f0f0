"""A few threads that search, and a short queue in front of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from polyvox.serve.errors import busy

T = TypeVar("T")


class Searches:
    """Runs work in a bounded number of threads; what does not fit into the queue is refused at once."""

    def __init__(self, threads: int, queue: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="polyvox-search")
        self._most = threads + queue
        self.running = 0

    async def run(self, work: Callable[[], T]) -> T:
        """The result of `work`, done in a thread.

        Raises:
            ApiError: 503, the queue is full.
        """
        if self.running >= self._most:
            raise busy("too many searches are waiting")
        self.running += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self.running -= 1

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)
