"""Errors of a run in words that a user can act on."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from polyvox.errors import PolyvoxError
from polyvox.train.sounds import TrainingError

TROUBLE = "trouble.txt"
_FULL = ("no space left", "os error 28", "disk quota", "file write failed", "writing file")


@contextmanager
def explained(out: Path) -> Iterator[None]:
    """Turn what goes wrong inside into a `PolyvoxError`; a traceback goes to `trouble.txt`.

    Raises:
        PolyvoxError: something went wrong; the message says what to do.
    """
    try:
        yield
    except (PolyvoxError, KeyboardInterrupt):
        raise
    except Exception as error:
        with suppress(OSError):
            (out / TROUBLE).write_text(traceback.format_exc(), encoding="utf-8")
        raise TrainingError(advice(error, out)) from error


def advice(error: Exception, out: Path) -> str:
    """What happened and what to do about it."""
    for happened, say in _KNOWN:
        if happened(error):
            return say(error, out)
    return (
        f"training stopped: {type(error).__name__}: {error}. Whole checkpoints in {out} are intact, and the "
        f"same command goes on from the last one where there is one; {out / TROUBLE} has the details"
    )


def is_disk_full(error: Exception) -> bool:
    """Whether an error comes from a full disk, whichever library raised it.

    >>> is_disk_full(OSError(28, "No space left on device"))
    True
    """
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return any(sign in str(error).lower() for sign in _FULL)


def _is_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or "out of memory" in str(error).lower()


def _is_missing_package(error: Exception) -> bool:
    return isinstance(error, ImportError)


_KNOWN: Sequence[tuple[Callable[[Exception], bool], Callable[[Exception, Path], str]]] = (
    (
        is_disk_full,
        lambda error, out: (
            f"the disk of {out} is full. The last whole checkpoint is intact: free some space and give "
            f"the same "
            "command again; a smaller [training] keep needs less"
        ),
    ),
    (
        _is_memory,
        lambda error, out: (
            "out of memory: lower [training] batch and raise accumulate by as much, lower [model] "
            "max_seconds, "
            "or use cached_ranking; then give the same command with --fresh"
        ),
    ),
    (
        _is_missing_package,
        lambda error, out: f"a package is missing: {error}; pip install 'polyvox[train]'",
    ),
)
