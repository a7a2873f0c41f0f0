"""One process at a time: a lock of the operating system, which lets go when its process dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from polyvox.errors import PolyvoxError

LOCK_FILE = "run.lock"
PATIENCE_SECONDS = 10.0
"""The workers of a killed run hold its lock for some seconds more."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder, which is made where it is not there.

    Raises:
        PolyvoxError: another process holds it.
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK_FILE)
    try:
        lock.acquire(timeout=PATIENCE_SECONDS)
    except Timeout as error:
        raise PolyvoxError(
            f"{folder} is in use by another run; wait for it to end, or choose another --out"
        ) from error
    try:
        yield
    finally:
        lock.release()
