"""A progress line while an evaluation encodes."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import NoReturn, Self

from tqdm import tqdm

from polyvox.cli.progress import LOG_INTERVAL, PATIENCE


class EncodingProgress:
    """Shows how far an encoding has come: call it with (done, total, what)."""

    def __init__(self) -> None:
        self._bar: tqdm[NoReturn] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def __call__(self, done: int, total: int, what: str) -> None:
        """Tell that `done` of `total` are encoded; `what` names them."""
        bar = self._bar = self._bar or _bar(total, what)
        bar.update(done - bar.n)
        if done >= total:
            self._close()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _bar(total: int, what: str) -> tqdm[NoReturn]:
    live = sys.stderr.isatty()
    return tqdm(
        total=total,
        unit=f" {what}",
        delay=PATIENCE,
        mininterval=0.1 if live else LOG_INTERVAL,
        maxinterval=LOG_INTERVAL,
        leave=False,
        dynamic_ncols=True,
    )
