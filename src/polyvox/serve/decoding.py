"""Sound decoded in other processes, which may be killed without harm."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from polyvox.errors import ReadError
from polyvox.item import Audio
from polyvox.serve.errors import busy
from polyvox.serve.limits import reader_command, reader_environment
from polyvox.serve.settings import Limits

LOGGER = logging.getLogger(__name__)

READERS = 2
WAITING = 32
START_SECONDS = 120.0


class _Reader:
    """One decoder process; it is started anew after every kill."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: asyncio.subprocess.Process | None = None

    async def ask(self, order: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """The answer to an order.

        Raises:
            ReadError: the process died of its limits or of the file.
        """
        try:
            process = await self.start()
            async with asyncio.timeout(self._limits.decode_seconds):
                return await self._exchange(process, order)
        except TimeoutError:
            await self.stop()
            raise ReadError("", f"took more than {self._limits.decode_seconds:.0f} s to decode") from None
        except (OSError, EOFError, ValueError):
            await self.stop()
            raise ReadError("", "broke the decoder, or needed too much memory or time") from None
        except asyncio.CancelledError:
            await self.stop()
            raise

    async def start(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *reader_command("polyvox.serve.decoder"),
                str(self._limits.decode_bytes),
                str(self._limits.decode_seconds),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=reader_environment(),
            )
            async with asyncio.timeout(START_SECONDS):
                await _line(self._process)
        return self._process

    async def _exchange(
        self, process: asyncio.subprocess.Process, order: dict[str, Any]
    ) -> tuple[dict[str, Any], bytes]:
        if process.stdin is None or process.stdout is None:
            raise EOFError
        process.stdin.write(json.dumps(order).encode() + b"\n")
        await process.stdin.drain()
        header = await _line(process)
        return header, await process.stdout.readexactly(header.get("bytes", 0))

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        self._process = None


class Decoding:
    """Decodes what strangers send in processes with limits on memory, processor and time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._readers = [_Reader(limits) for _ in range(READERS)]
        self._free: asyncio.Queue[_Reader] = asyncio.Queue()
        self._waiting = 0
        self.failures = 0

    async def start(self) -> None:
        """Start the processes."""
        for reader in self._readers:
            self._free.put_nowait(reader)
        await asyncio.gather(*(reader.start() for reader in self._readers))

    async def stop(self) -> None:
        """End the processes."""
        await asyncio.gather(*(reader.stop() for reader in self._readers))

    async def question(self, path: Path) -> Audio:
        """A spoken question.

        Raises:
            ReadError: it holds no sound, is damaged, or lasts too long.
            ApiError: 503, too many wait.
        """
        audio = await self._samples({"path": str(path), "seconds": self._limits.query_seconds})
        if audio.seconds > self._limits.query_seconds:
            raise ReadError("", f"a question may last {self._limits.query_seconds:g} s; this one is longer")
        return audio

    async def excerpt(self, path: Path, start: float, end: float) -> Audio:
        """The sound of a file from `start` to `end`, in seconds.

        Raises:
            ReadError: there is none.
            ApiError: 503, too many wait.
        """
        return await self._samples({"path": str(path), "start": start, "end": end})

    async def _samples(self, order: dict[str, Any]) -> Audio:
        async with self._reader() as reader:
            try:
                header, raw = await reader.ask(order)
            except ReadError:
                self.failures += 1
                raise
        if "problem" in header:
            self.failures += 1
            raise ReadError("", header["problem"])
        return Audio(np.frombuffer(raw, "<f4").astype(np.float32))

    @asynccontextmanager
    async def _reader(self) -> AsyncIterator[_Reader]:
        if self._waiting >= WAITING:
            raise busy("too many recordings are being decoded")
        self._waiting += 1
        try:
            reader = await self._free.get()
        finally:
            self._waiting -= 1
        try:
            yield reader
        finally:
            self._free.put_nowait(reader)


async def _line(process: asyncio.subprocess.Process) -> dict[str, Any]:
    line = await process.stdout.readline() if process.stdout else b""
    if not line:
        raise EOFError
    answer: dict[str, Any] = json.loads(line)
    return answer
