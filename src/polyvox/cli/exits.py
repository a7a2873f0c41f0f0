"""What the exit code of a command means."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes, stated in `polyvox --help`."""

    DONE = 0
    SKIPPED_SOME = 1
    USAGE = 2
    FAILED = 3
    INTERRUPTED = 130
