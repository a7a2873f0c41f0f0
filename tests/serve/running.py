"""A server in a process of its own, and what tests ask it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

SAMPLES = Path(str(files("polyvox"))) / "samples"
QUESTION = SAMPLES / "queries" / "sw.ogg"
WRITE_TOKEN = "write-token-for-tests"  # noqa: S105
READ_TOKEN = "read-token-for-tests"  # noqa: S105
EVERYWHERE = "0.0.0.0"  # noqa: S104
PATIENCE = 300.0

Hit = dict[str, Any]


class Server:
    """`polyvox serve` in a process of its own, on a free port."""

    def __init__(self, index: Path, *arguments: str, environment: dict[str, str] | None = None) -> None:
        self.index = index
        self.log = index.with_name(f"{index.name}.log")
        command = [sys.executable, "-m", "polyvox", "serve", str(index), "--port", "0", *arguments]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, env=os.environ | (environment or {})
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, f"{line!r}; {self.log.read_text()}"
        self.url = found.group().rstrip("/")
        self.client = client_of(self.url)

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.client.close()
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(timeout=30)
        if self.process.stdout:
            self.process.stdout.close()
        return code

    def wait_for_job(self, name: str) -> dict[str, object]:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            job: dict[str, object] = self.client.get(f"/v1/jobs/{name}").json()
            if job["state"] in ("done", "failed"):
                return job
            time.sleep(0.1)
        raise AssertionError(f"the job did not end: {job}; {self.log.read_text()}")


def client_of(url: str) -> httpx.Client:
    pytest.importorskip("httpx", reason="needs the extra 'dev'")
    from httpx import Client

    return Client(base_url=url, timeout=60)


def copied(made: Path, target: Path) -> Path:
    return Path(shutil.copytree(made, target / "harbour.index"))


def hits_for(server: Server, query: str, **more: object) -> list[Hit]:
    response = server.client.post("/v1/search", json={"query": query, **more})
    assert response.status_code == 200, response.text
    found: list[Hit] = response.json()["hits"]
    return found
