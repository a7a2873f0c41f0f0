"""How paths look on a terminal."""

from __future__ import annotations

from pathlib import Path


def near_path(path: str) -> str:
    """A path as seen from the working folder, when it lies below it."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path
