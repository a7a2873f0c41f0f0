"""The server's side of the process that indexes: orders, events, and what to do when it dies."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from polyvox.errors import PolyvoxError
from polyvox.index.writer import HEAD
from polyvox.serve.limits import reader_command, reader_environment
from polyvox.serve.settings import Limits

LOGGER = logging.getLogger(__name__)

START_SECONDS = 120.0
DEATH_SECONDS = 5.0
_DEATHS = {
    "SIGXCPU": "took more processor time than a file may",
    "SIGKILL": "needed too much memory or time; its reader was stopped",
    "SIGABRT": "needed too much memory, or broke its reader",
}


class Indexing:
    """One indexing process at a time; started when there is something to do, anew after it died."""

    def __init__(self, index: Path, limits: Limits) -> None:
        self._index = index
        self._limits = limits
        self._process: asyncio.subprocess.Process | None = None

    async def work(self, order: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """The events of one order; the last is "end". A death of the process is told as a problem.

        Raises:
            PolyvoxError: the process cannot be started, for which no file is to blame.
        """
        process = await self._ready()
        try:
            if process.stdin is None:
                raise EOFError
            process.stdin.write(json.dumps(order).encode() + b"\n")
            await process.stdin.drain()
            while True:
                event = await self._event(process, self._limits.idle_seconds)
                yield event
                if event["event"] == "end":
                    return
        except TimeoutError:
            await self.stop()
            yield {"event": "problem", "message": "its reader made no progress and was stopped"}
        except (EOFError, OSError, ValueError):
            reason = await self._death()
            yield {"event": "problem", "message": reason}
        yield {"event": "end", "kept": False, "items": 0, "died": True}

    async def _ready(self) -> asyncio.subprocess.Process:
        try:
            return await self._started()
        except (TimeoutError, EOFError, OSError, ValueError) as error:
            await self.stop()
            raise PolyvoxError(f"the indexing process cannot be started ({type(error).__name__})") from error

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *reader_command("polyvox.serve.worker"),
                str(self._index),
                str(self._limits.index_bytes + _mapped(self._index)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=reader_environment(),
                start_new_session=True,
            )
            await self._event(self._process, START_SECONDS)
        return self._process

    async def _event(self, process: asyncio.subprocess.Process, seconds: float) -> dict[str, Any]:
        async with asyncio.timeout(seconds):
            line = await process.stdout.readline() if process.stdout else b""
        if not line:
            raise EOFError
        event: dict[str, Any] = json.loads(line)
        return event

    async def _death(self) -> str:
        process, self._process = self._process, None
        if process is None:
            return "its reader could not be started"
        try:
            # A process that is dead already must not be killed: that would take its exit status from asyncio.
            async with asyncio.timeout(DEATH_SECONDS):
                code = await process.wait()
        except TimeoutError:
            process.kill()
            code = await process.wait()
        name = signal.Signals(-code).name if code < 0 else ""
        LOGGER.warning("the indexing process ended with %s", name or code)
        return _DEATHS.get(name, "broke its reader")

    async def stop(self) -> None:
        """Kill the process, if there is one; what it had committed is kept."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        self._process = None


def _mapped(index: Path) -> int:
    """How much of the address space the index itself may need: its head is mapped, twice while it grows."""
    return 2 * sum(path.stat().st_size for path in (index / HEAD).glob("*") if path.is_file())
