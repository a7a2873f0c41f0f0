"""A file that is there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from polyvox.errors import PolyvoxError


class Draft:
    """A file under a name of its own until it is published under its right one.

    Args:
        path: the right name; nothing is there yet.

    Raises:
        PolyvoxError: something is there already, or the folder is missing.
    """

    def __init__(self, path: Path) -> None:
        refuse_existing(path)
        self.path = path
        self._part = path.with_name(f"{path.name}.part")
        # A killed run leaves its draft behind; only the name is freed, so a run that still writes notices.
        self._part.unlink(missing_ok=True)
        try:
            self.stream: BinaryIO = self._part.open("xb")
        except OSError as error:
            raise PolyvoxError(f"{path} cannot be written: {error.strerror or error}") from error

    def publish(self) -> None:
        """Give the file its right name.

        Raises:
            PolyvoxError: another process has begun the same file meanwhile.
        """
        self.stream.flush()
        os.fsync(self.stream.fileno())
        mine = os.fstat(self.stream.fileno())
        self.stream.close()
        if not (self._part.exists() and os.path.samestat(mine, self._part.stat())):
            raise PolyvoxError(f"{self.path} is also written by another process; give another --out")
        refuse_existing(self.path)
        self._part.replace(self.path)

    def discard(self) -> None:
        """Leave nothing behind; a file that is published stays."""
        if not self.stream.closed:
            self.stream.close()
            self._part.unlink(missing_ok=True)


def refuse_existing(path: Path) -> None:
    """Raise where something is at `path`.

    Raises:
        PolyvoxError: so it is.
    """
    if path.exists() or path.is_symlink():
        raise PolyvoxError(f"{path} is there already; give another --out, or remove it first")
