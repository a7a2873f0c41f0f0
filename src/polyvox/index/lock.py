"""One writer at a time: a lock of the operating system, which lets go when its process dies."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from polyvox.index.errors import LockedError

NOTICE_SECONDS = 1.0
LOCK_FILES = ("writer.lock", "writer.json")


class WriterLock:
    """The right to write to one index.

    The lock is the operating system's (flock, or its Windows counterpart), so a killed writer never leaves
    one behind. `writer.json` beside it only says who to ask.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = FileLock(folder / LOCK_FILES[0], thread_local=False)
        self._holder = folder / LOCK_FILES[1]

    def acquire(self, timeout: float, on_wait: Callable[[str], None] | None = None) -> None:
        """Wait for the lock at most `timeout` seconds; `on_wait` hears who holds it once that takes long.

        Raises:
            LockedError: the time is over; names the process and the host that hold the lock.
        """
        patience = min(NOTICE_SECONDS, timeout)
        try:
            self._lock.acquire(timeout=patience, poll_interval=0.02)
        except Timeout:
            if on_wait is not None:
                on_wait(f"waiting for {self.holder()}, which writes to {self._folder}")
            try:
                self._lock.acquire(timeout=max(0.0, timeout - patience), poll_interval=0.1)
            except Timeout:
                raise LockedError(
                    f"{self._folder} is being written by {self.holder()}; wait for it to finish or stop it"
                ) from None
        facts = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": time.strftime("%Y-%m-%d %H:%M:%S"),
        }
        self._holder.write_text(json.dumps(facts), encoding="utf-8")

    def try_acquire(self) -> bool:
        """Take the lock if nobody holds it and the folder can be written."""
        try:
            self._lock.acquire(timeout=0)
        except (Timeout, OSError):
            return False
        return True

    @property
    def busy(self) -> bool:
        """Whether somebody else holds the lock."""
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return True
        except OSError:
            return False
        self._lock.release()
        return False

    def release(self) -> None:
        """Let the next writer in."""
        self._lock.release()

    def holder(self) -> str:
        """Who holds the lock, in words."""
        try:
            facts = json.loads(self._holder.read_text(encoding="utf-8"))
            return f"process {facts['pid']} on {facts['host']} (since {facts['since']})"
        except (OSError, ValueError, KeyError):
            return "another process"
