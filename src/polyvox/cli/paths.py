"""How paths look on a terminal."""

from __future__ import annotations

import re
from pathlib import Path

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def near_path(path: str) -> str:
    """A path as seen from the working folder, when it lies below it."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path


def in_one_cell(path: str) -> str:
    r"""A path in a table whose cells end at tabs and lines; control characters come as escapes.

    >>> print(in_one_cell("a\tb.wav"))
    a\x09b.wav
    """
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", path)
