"""What a run says while it runs."""

from __future__ import annotations

import sys


def say(message: str) -> None:
    """A line on standard error."""
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()
