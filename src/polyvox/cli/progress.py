"""A progress line with an ETA on standard error, for work that lasts more than two seconds."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from tqdm import tqdm

PATIENCE = 2.0
"""Seconds of work before anything is shown."""

LOG_INTERVAL = 30.0
"""Seconds between lines when standard error is a file, not a terminal."""


class Progress:
    """Shows how far a run has come: call it with (done, total, note), in bytes or another unit."""

    def __init__(self, unit: str = "B") -> None:
        live = sys.stderr.isatty()
        self._bar = tqdm(
            total=0,
            unit=unit,
            unit_scale=True,
            delay=PATIENCE,
            mininterval=0.1 if live else LOG_INTERVAL,
            maxinterval=LOG_INTERVAL,
            leave=not live,
            dynamic_ncols=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()

    def __call__(self, done: float, total: float, note: str) -> None:
        """Tell that `done` of `total` are through; `note` names what is at work."""
        self._bar.total = total
        self._bar.set_postfix_str(note[-50:], refresh=False)
        self._bar.update(done - self._bar.n)
