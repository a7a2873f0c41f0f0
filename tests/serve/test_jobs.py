"""The queue of jobs: full disks, moved folders, much-used names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.serve.loops import in_own_loop
from tests.serve.running import copied

pytest.importorskip("fastapi", reason="needs the extra 'serve'")

from polyvox.index import Index
from polyvox.serve.collection import Collection
from polyvox.serve.indexing import Indexing
from polyvox.serve.job import JobFolder, JobState
from polyvox.serve.jobs import Jobs, Received
from polyvox.serve.settings import Limits

UPLOADS = "harbour.index.serve/uploads"


def jobs_of(index: Path) -> Jobs:
    state = index.with_name(f"{index.name}.serve")
    return Jobs(Collection(Index.open(index), state), state, Limits())


def test_a_full_disk_does_not_stop_the_queue(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(_: Indexing, order: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        yield {"event": "end", "kept": True, "items": 1}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    async def run() -> None:
        jobs = jobs_of(copied(made, tmp_path))
        await jobs.start()
        try:
            first = jobs.accept_texts([{"text": "a", "language": "en", "id": None}])
            with monkeypatch.context() as patch:
                patch.setattr(JobFolder, "save", full)
                async with asyncio.timeout(20):
                    async for _ in jobs.follow(first, 1.0):
                        pass
            assert first.state is JobState.FAILED
            second = jobs.accept_texts([{"text": "b", "language": "en", "id": None}])
            async with asyncio.timeout(20):
                async for _ in jobs.follow(second, 1.0):
                    pass
            assert second.state is JobState.DONE
        finally:
            await jobs.stop()

    monkeypatch.setattr(Indexing, "work", work)
    in_own_loop(run())


async def started(index: Path) -> None:
    jobs = jobs_of(index)
    await jobs.start()
    await jobs.stop()


def test_uploads_outlive_a_move_and_leftovers_do_not(made: Path, tmp_path: Path) -> None:
    index = copied(made, tmp_path / "old")
    upload = tmp_path / "old" / UPLOADS / "terns.txt"
    upload.parent.mkdir(parents=True)
    upload.write_text("Terns dive.")
    Index.open(index).add_files([upload])
    (tmp_path / "old").rename(tmp_path / "new")
    moved = tmp_path / "new" / UPLOADS
    (moved / "leftover.txt").write_text("x")
    in_own_loop(started(tmp_path / "new" / index.name))
    assert [path.name for path in moved.iterdir()] == ["terns.txt"]


def test_an_index_made_anew_deletes_no_upload(tmp_path: Path) -> None:
    index = tmp_path / "harbour.index"
    Index.open_or_create(index)
    upload = tmp_path / UPLOADS / "terns.txt"
    upload.parent.mkdir(parents=True)
    upload.write_text("Terns dive.")
    in_own_loop(started(index))
    assert upload.exists()


def test_the_same_file_twice_is_kept_once_and_another_of_its_name_apart(made: Path, tmp_path: Path) -> None:
    async def run() -> list[str]:
        jobs = jobs_of(copied(made, tmp_path))
        received = []
        for number, content in enumerate(("one", "one", "two")):
            path = jobs.incoming / str(number)
            path.write_text(content)
            received.append(Received("a.txt", path, len(content)))
        try:
            job = await jobs.accept_files(received, None)
        finally:
            await jobs.stop()
        return [part.stored for part in job.parts]

    assert in_own_loop(run()) == ["a.txt", "a.txt", "a (2).txt"]
    stored = {path.name: path.read_text() for path in (tmp_path / UPLOADS).iterdir()}
    assert stored == {"a.txt": "one", "a (2).txt": "two"}
