"""A job: files or texts on their way into the index, and what is kept of it on the disk."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from polyvox.serve.schemas import JobBody, ProblemBody

MOST_KEPT = 500
MOST_PROBLEMS = 200


class JobState(StrEnum):
    """How far a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self in {JobState.DONE, JobState.FAILED}


class JobKind(StrEnum):
    """What a job brings into the index."""

    FILES = "files"
    TEXTS = "texts"


@dataclass(slots=True)
class Part:
    """A file of a job: `name` is what the client calls it, `stored` its name in the folder it lies in.

    `size` is in bytes, for texts their number; `read` is how much of it is through.
    """

    name: str
    stored: str
    size: int
    over: bool = False
    read: int = 0
    items: int = 0


@dataclass(slots=True)
class Job:
    """Parts to index, in order, and what has come of them."""

    kind: JobKind
    parts: list[Part]
    language: str | None = None
    id: str = field(default_factory=lambda: secrets.token_hex(12))
    created: float = field(default_factory=time.time)
    state: JobState = JobState.QUEUED
    began: float | None = None
    problems: list[tuple[str, str]] = field(default_factory=list)
    """Name of the file, and what is wrong with it."""

    @property
    def current(self) -> Part | None:
        """The part that is at work or next."""
        return next((part for part in self.parts if not part.over), None)

    def tell(self, name: str, message: str) -> None:
        """Keep a problem; beyond a number only that there are more."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append((name, message))
        elif len(self.problems) == MOST_PROBLEMS:
            self.problems.append((name, "there are more problems, which are not listed"))

    def body(self) -> JobBody:
        """What clients see."""
        done = sum(part.size if part.over else min(part.read, part.size) for part in self.parts)
        total = sum(part.size for part in self.parts)
        running = self.state is JobState.RUNNING
        return JobBody(
            id=self.id,
            kind=self.kind.value,
            state=self.state.value,
            done=done,
            total=total,
            file=self.current.name if running and self.current else None,
            files=len(self.parts) if self.kind is JobKind.FILES else 0,
            items=sum(part.items for part in self.parts),
            problems=[ProblemBody(file=name, message=message) for name, message in self.problems],
            created=round(self.created, 3),
            eta_seconds=self._eta(done, total) if running else None,
        )

    def _eta(self, done: int, total: int) -> float | None:
        if not done or self.began is None:
            return None
        return round((time.time() - self.began) * (total - done) / done, 1)


class JobFolder:
    """Jobs on the disk, one JSON file each, replaced in one step."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def save(self, job: Job) -> None:
        """Write a job so that a crash leaves either the old or the new state."""
        path = self._folder / f"{job.id}.json"
        draft = path.with_suffix(".draft")
        with draft.open("w", encoding="utf-8") as file:
            json.dump(asdict(job), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)

    def load(self) -> list[Job]:
        """All jobs, the oldest first; a file that is damaged is left where it is and out of the list."""
        jobs = [job for path in self._folder.glob("*.json") if (job := _read(path)) is not None]
        return sorted(jobs, key=lambda job: job.created)

    def forget(self, jobs: Iterable[Job]) -> None:
        """Delete jobs."""
        for job in jobs:
            (self._folder / f"{job.id}.json").unlink(missing_ok=True)


def _read(path: Path) -> Job | None:
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        facts["kind"], facts["state"] = JobKind(facts["kind"]), JobState(facts["state"])
        facts["parts"] = [Part(**part) for part in facts["parts"]]
        facts["problems"] = [(name, message) for name, message in facts["problems"]]
        return Job(**facts)
    except (OSError, ValueError, TypeError, KeyError):
        return None
