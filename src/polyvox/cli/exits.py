"""What the exit code of a command means."""

from enum import IntEnum

from polyvox.errors import PolyvoxError


class Exit(IntEnum):
    """Exit codes, stated in `polyvox --help`."""

    DONE = 0
    SKIPPED_SOME = 1
    USAGE = 2
    FAILED = 3
    INTERRUPTED = 130


class UsageError(PolyvoxError):
    """The arguments are each well-formed, but do not make a command together."""
