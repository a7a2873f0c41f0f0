"""The indexing process: what is told when it dies."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from tests.serve.loops import in_own_loop
from tests.serve.running import SAMPLES, copied

pytest.importorskip("fastapi", reason="needs the extra 'serve'")

from polyvox.errors import PolyvoxError
from polyvox.index import Index
from polyvox.serve import indexing
from polyvox.serve.indexing import Indexing
from polyvox.serve.limits import reader_environment
from polyvox.serve.settings import Limits

NEWS = SAMPLES / "collection" / "ar" / "أخبار.ogg"


def order(path: Path) -> dict[str, Any]:
    return {"kind": "files", "path": str(path), "language": None, "seconds": 3600.0}


async def events_of(worker: Indexing, path: Path, kill: bool = False) -> list[dict[str, Any]]:
    events = []
    async for event in worker.work(order(path)):
        events.append(event)
        if kill and worker._process is not None:
            os.kill(worker._process.pid, signal.SIGKILL)
    return events


def test_a_killed_reader_is_told_and_the_next_file_has_a_new_one(made: Path, tmp_path: Path) -> None:
    index = copied(made, tmp_path)
    before = len(Index.open(index))

    async def run() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        worker = Indexing(index, Limits())
        try:
            return await events_of(worker, NEWS, kill=True), await events_of(worker, NEWS)
        finally:
            await worker.stop()

    killed, whole = in_own_loop(run())
    assert killed[-1] == {"event": "end", "kept": False, "items": 0, "died": True}
    assert "too much memory or time" in killed[-2]["message"]
    assert whole[-1]["event"] == "end" and whole[-1]["kept"]
    assert len(Index.open(index)) == before + whole[-1]["items"]


def test_a_reader_that_hangs_is_stopped(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "hang.py"
    module.write_text('import time\nprint(\'{"event": "ready"}\', flush=True)\ntime.sleep(600)\n')
    monkeypatch.setattr(indexing, "reader_command", lambda _: ["python3", str(module)])

    async def run() -> list[dict[str, Any]]:
        worker = Indexing(made, Limits(idle_seconds=1))
        return await events_of(worker, NEWS)

    problem, end = in_own_loop(run())
    assert "no progress" in problem["message"]
    assert end["died"]


def test_no_file_is_to_blame_for_a_reader_that_does_not_start(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "reader_command", lambda _: ["false"])

    async def run() -> None:
        with pytest.raises(PolyvoxError, match="cannot be started"):
            await events_of(Indexing(made, Limits()), NEWS)

    in_own_loop(run())


def test_readers_know_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYVOX_TOKEN", "a-secret-of-the-server")
    monkeypatch.setenv("POLYVOX_READ_TOKEN", "another-of-the-server")
    assert not any("of-the-server" in value for value in reader_environment().values())
