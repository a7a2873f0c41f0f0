"""Errors that a user can act on: every message names the item and says what to do."""

from __future__ import annotations


class PolyvoxError(Exception):
    """The root of all errors whose message is meant for the user; the command line prints it and exits."""


class MissingExtraError(PolyvoxError):
    """A part of polyvox that needs optional packages was used without them."""

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs optional packages; install them with: pip install 'polyvox[{extra}]'"
        )


class ReadError(PolyvoxError):
    """A file could not be read; it is skipped and reported, and the rest goes on."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
