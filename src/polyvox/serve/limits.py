"""Limits that a reader process sets for itself before it opens what a stranger sent."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

from polyvox.serve.tokens import SECRET_VARIABLES

if sys.platform != "win32":
    import resource


def reader_environment() -> dict[str, str]:
    """The environment of a reader process: no secrets, few threads, little address space for each."""
    kept = {name: value for name, value in os.environ.items() if name not in SECRET_VARIABLES}
    return kept | {"MALLOC_ARENA_MAX": "2", "PYTHONIOENCODING": "utf-8"}


def reader_command(module: str) -> list[str]:
    """How to start a module of this package as a reader; the working folder is not searched for modules."""
    return [sys.executable, "-P", "-m", module]


def limit_memory(more: int) -> None:
    """Let this process map at most `more` bytes beyond what it has mapped now.

    Counted is address space (RLIMIT_AS). Windows and macOS do not enforce it.
    """
    if sys.platform == "win32":
        return
    most = _mapped_bytes() + more
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most if hard < 0 else min(most, hard), hard))


def limit_processor(seconds: float) -> None:
    """Have this process killed (SIGXCPU) once it has used so many more seconds of processor time."""
    if sys.platform == "win32":
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime + seconds) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (most if hard < 0 else min(most, hard), hard))


def forbid_core_files() -> None:
    """A reader that crashes leaves no copy of its memory on the disk."""
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def end_with_parent() -> None:
    """Leave as soon as the process that started this one is gone, also when it was killed."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(0)

    threading.Thread(target=watch, daemon=True, name="polyvox-parent").start()


def be_patient(niceness: int) -> None:
    """Let searches go before this process."""
    if sys.platform != "win32":
        os.nice(niceness)


def _mapped_bytes(status: Path = Path("/proc/self/statm")) -> int:
    try:
        return int(status.read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 2 << 30
