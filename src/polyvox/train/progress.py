"""One line on stderr that says how far a long job is and when it will end."""

from __future__ import annotations

import sys
import time


class Progress:
    """Counts steps and reports at most every `interval` seconds, with the time still needed.

    >>> Progress("nothing", 0).advance()
    """

    def __init__(self, what: str, total: int, *, done: int = 0, interval: float = 5.0) -> None:
        self._what, self._total, self._done, self._first = what, total, done, done
        self._interval, self._started, self._reported = interval, time.monotonic(), time.monotonic()

    def advance(self, steps: int = 1, note: str = "") -> None:
        """Count steps done; `note` is printed with the next report."""
        self._done += steps
        now = time.monotonic()
        if now - self._reported < self._interval:
            return
        self._reported = now
        rate = (self._done - self._first) / (now - self._started)
        left = (self._total - self._done) / rate if rate else float("inf")
        sys.stderr.write(
            f"{self._what}: {self._done}/{self._total}, {rate:.1f}/s, {left / 60:.1f} min left {note}\n"
        )
        sys.stderr.flush()


def say(message: str) -> None:
    """A line on standard error."""
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


def say_skipped(reason: str) -> None:
    """A row or recording that is left out, named on standard error."""
    say(f"skipped {reason}")
