"""The queue of indexing jobs: on the disk, one at a time, taken up again after a restart."""

from __future__ import annotations

import asyncio
import filecmp
import json
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from polyvox.errors import PolyvoxError
from polyvox.index.writer import IndexWriter
from polyvox.serve.collection import Collection
from polyvox.serve.errors import ApiError
from polyvox.serve.indexing import Indexing
from polyvox.serve.job import MOST_KEPT, Job, JobFolder, JobKind, JobState, Part
from polyvox.serve.names import free_name
from polyvox.serve.settings import Limits

LOGGER = logging.getLogger(__name__)

MOST_WAITING = 100
IDLE_SECONDS = 30.0
CLEAN_UP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Received:
    """A file that has arrived: its safe name, and where it lies for now."""

    name: str
    path: Path
    size: int


class Jobs:
    """Accepts uploads, indexes them in the background, and tells how far it is.

    Args:
        collection: what they go into.
        state: the folder beside the index.
        limits: how much a file may take.
        read_only: nothing is ever accepted, and nothing beside the index is touched.

    Raises:
        PolyvoxError: another server works in that folder.
    """

    def __init__(
        self, collection: Collection, state: Path, limits: Limits, *, read_only: bool = False
    ) -> None:
        self._collection = collection
        self._limits = limits
        self._read_only = read_only
        self._scratch = tempfile.TemporaryDirectory(prefix="polyvox-") if read_only else None
        self._state = Path(self._scratch.name) if self._scratch else state
        self._state.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _locked(self._state)
        self._folder = JobFolder(self._state / "jobs")
        self._texts = self._state / "texts"
        self.incoming = self._state / "incoming"
        for folder in (self._texts, self.incoming, *([] if read_only else [collection.uploads])):
            folder.mkdir(exist_ok=True)
        self._jobs = {job.id: job for job in self._folder.load()}
        self._closing = False
        self._indexing = Indexing(collection.index.folder, limits)
        self._work = asyncio.Event()
        self._changed = asyncio.Event()
        self._runner: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Clean up after a kill, and go on with what was not finished."""
        if self._read_only:
            return
        await asyncio.to_thread(self._sweep)
        for job in self._jobs.values():
            if not job.state.over:
                job.state = JobState.QUEUED
        self._work.set()
        self._runner = asyncio.create_task(self._run())

    def end_streams(self) -> None:
        """Let everybody who follows a job go."""
        self._closing = True
        self._ring()

    async def stop(self) -> None:
        """Stop at once; unfinished jobs stay on the disk."""
        self.end_streams()
        if self._runner is not None:
            self._runner.cancel()
            with suppress(asyncio.CancelledError):
                await self._runner
        await self._indexing.stop()
        self._lock.release()
        if self._scratch is not None:
            self._scratch.cleanup()

    def all(self) -> list[Job]:
        """All known jobs, the newest first."""
        return sorted(self._jobs.values(), key=lambda job: -job.created)

    def get(self, name: str) -> Job | None:
        """A job by id."""
        return self._jobs.get(name)

    def count(self, *states: JobState) -> int:
        """How many jobs are in one of the states."""
        return sum(job.state in states for job in self._jobs.values())

    def check_room(self) -> None:
        """Refuse more work than can be kept in sight.

        Raises:
            ApiError: 503, too many jobs wait.
        """
        if self.count(JobState.QUEUED, JobState.RUNNING) >= MOST_WAITING:
            raise ApiError(503, "too many jobs are waiting", headers={"Retry-After": "30"})

    async def accept_files(
        self, received: Sequence[Received], language: str | None, problems: Sequence[tuple[str, str]] = ()
    ) -> Job:
        """Move files that have arrived to their place and queue them; `problems` are about files left out."""
        uploads = self._collection.uploads
        parts = []
        for file in received:
            stored = file.name
            if not await asyncio.to_thread(_same, uploads / stored, file.path):
                stored = free_name(uploads, stored)
                file.path.replace(uploads / stored)
            else:
                file.path.unlink()
            parts.append(Part(file.name, stored, file.size))
        return self._queue(Job(JobKind.FILES, parts, language, problems=list(problems)))

    def accept_texts(self, rows: Sequence[dict[str, Any]]) -> Job:
        """Queue texts."""
        job = Job(JobKind.TEXTS, [])
        job.parts = [Part("texts", f"{job.id}.jsonl", len(rows))]
        lines = "\n".join(json.dumps(row) for row in rows)
        (self._texts / f"{job.id}.jsonl").write_text(lines, encoding="utf-8")
        return self._queue(job)

    def _queue(self, job: Job) -> Job:
        self._folder.save(job)
        self._jobs[job.id] = job
        self._forget_old()
        self._work.set()
        return job

    def _forget_old(self) -> None:
        over = [job for job in self.all() if job.state.over][MOST_KEPT:]
        self._folder.forget(over)
        for job in over:
            del self._jobs[job.id]

    async def follow(self, job: Job, heartbeat: float) -> AsyncIterator[Job | None]:
        """The job at each change, at least once, until it is over; None when nothing happened for a while."""
        while True:
            changed = self._changed
            yield job
            if job.state.over or self._closing:
                return
            while not changed.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(heartbeat):
                        await changed.wait()
                if not changed.is_set():
                    yield None

    def _ring(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    await self._work.wait()
            except TimeoutError:
                await self._indexing.stop()
                await self._work.wait()
            self._work.clear()
            while waiting := [job for job in reversed(self.all()) if job.state is JobState.QUEUED]:
                await self._run_job(waiting[0])

    async def _run_job(self, job: Job) -> None:
        job.state, job.began = JobState.RUNNING, time.time()
        self._ring()
        try:
            while (part := job.current) is not None:
                await self._run_part(job, part)
                self._folder.save(job)
                self._ring()
            job.state = JobState.DONE
        except Exception as error:
            LOGGER.error("a job failed: %r", error)
            job.tell("", "the server could not finish this job; its log says why")
            job.state = JobState.FAILED
        if all(part.items == 0 for part in job.parts) and job.problems:
            job.state = JobState.FAILED
        try:
            self._folder.save(job)
        except OSError as error:
            # The jobs after it must not wait for ever; this one is done again after a restart.
            LOGGER.error("the end of a job could not be saved: %r", error)
        self._ring()

    async def _run_part(self, job: Job, part: Part) -> None:
        path = self._place(job, part)
        order = {
            "kind": job.kind.value,
            "path": str(path),
            "language": job.language,
            "seconds": self._limits.upload_seconds,
        }
        async for event in self._indexing.work(order):
            if event["event"] == "problem":
                job.tell(part.name, event["message"])
            elif event["event"] == "progress":
                part.read = event["read"]
            elif event["event"] == "end":
                part.items = event["items"]
                await self._close(job, path, kept=event["kept"], died=event.get("died", False))
            self._ring()
        part.over = True

    def _place(self, job: Job, part: Part) -> Path:
        return (self._collection.uploads if job.kind is JobKind.FILES else self._texts) / part.stored

    async def _close(self, job: Job, path: Path, *, kept: bool, died: bool) -> None:
        if died and job.kind is JobKind.FILES:
            await asyncio.to_thread(self._take_back, path)
        if not kept or job.kind is JobKind.TEXTS:
            path.unlink(missing_ok=True)

    def _take_back(self, path: Path) -> None:
        """Delete what a file that killed its reader had brought into the index."""
        with IndexWriter(self._collection.index.folder, timeout=CLEAN_UP_SECONDS) as writer:
            writer.delete_files([str(path)])

    def _sweep(self) -> None:
        """Delete uploads that no job and no index knows: the server was killed while they came.

        Known is the name, not the path, so that uploads outlive a move of the index and its folder. An index
        that knows no file may have been made anew; it has no say over what was uploaded before.
        """
        for leftover in self.incoming.iterdir():
            leftover.unlink()
        wanted = {
            self._place(job, part) for job in self._jobs.values() if not job.state.over for part in job.parts
        }
        known = self._collection.file_names()
        uploads = self._collection.uploads.iterdir() if known else ()
        for path in (*uploads, *self._texts.iterdir()):
            if path not in wanted and path.name not in known:
                path.unlink()


def _locked(folder: Path) -> FileLock:
    lock = FileLock(folder / "server.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise PolyvoxError(
            f"another server works in {folder}; stop it, or start this one with --read-only"
        ) from None
    return lock


def _same(old: Path, new: Path) -> bool:
    return old.is_file() and filecmp.cmp(old, new, shallow=False)
