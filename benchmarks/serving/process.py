"""Servers in processes of their own, watched from outside."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx


class Polyvox:
    """`polyvox serve` on a free port, without a limit on the rate of requests."""

    name = "polyvox"

    def __init__(self, index: Path, *arguments: str) -> None:
        self.index = index
        command = [
            sys.executable,
            "-m",
            "polyvox",
            "serve",
            str(index),
            "--port",
            "0",
            "--rate",
            "0",
            *arguments,
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline() if self.process.stdout else ""
        found = re.search(r"http://\S+", line)
        if not found:
            raise SystemExit(f"the server did not start: {line}")
        self.url = found.group().rstrip("/")
        self.port = int(self.url.rsplit(":", 1)[1])

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it."""
        stop(self.process, how)

    def megabytes(self) -> tuple[float, float]:
        """Resident memory of the server and of its readers together, now."""
        return resident(self.process.pid), sum(map(resident, children(self.process.pid)))


def stop(process: subprocess.Popen[str], how: signal.Signals = signal.SIGTERM) -> None:
    """End a process and wait for it."""
    if process.poll() is None:
        process.send_signal(how)
    process.wait(timeout=60)


def children(parent: int) -> list[int]:
    """The processes that a process has started."""
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False
    )
    return [int(word) for word in listed.stdout.split()]


def resident(process: int) -> float:
    """Megabytes that a process has in memory; 0 when it is gone."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def wait_until_up(url: str, seconds: float = 300.0) -> None:
    """Wait until something answers at an address."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            httpx.get(url, timeout=10)
            return
        except httpx.HTTPError:
            time.sleep(0.3)
    raise SystemExit(f"nothing answers at {url}")
