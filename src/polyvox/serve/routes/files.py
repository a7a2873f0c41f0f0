"""Bringing files and texts in, following the jobs they become, and deleting files."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import StreamingResponse

from polyvox.item import language_tag
from polyvox.serve.errors import ApiError, documented
from polyvox.serve.job import Job
from polyvox.serve.jobs import Jobs, Received
from polyvox.serve.multipart import check_disk, multipart_body, receive_multipart
from polyvox.serve.schemas import DeletedBody, JobAccepted, JobBody, JobsBody, TextsRequest, UploadFields
from polyvox.serve.state import Parts
from polyvox.serve.views import is_readable

router = APIRouter(prefix="/v1", tags=["indexing"])

HEARTBEAT = 15.0
JobId = Annotated[str, Path(alias="id", min_length=1, max_length=64)]
_READING = documented(401, 403, 404, 422, 429, 503)
_WRITING = documented(400, 401, 403, 413, 415, 422, 429, 503, 507)


@router.post(
    "/files",
    response_model=JobAccepted,
    status_code=202,
    responses=_WRITING | documented(408),
    openapi_extra=multipart_body("files", UploadFields, several=True),
)
async def add_files(request: Request, parts: Parts) -> JobAccepted:
    """Upload documents and recordings; they are indexed in the background."""
    parts.jobs.check_room()
    check_disk(parts.jobs.incoming)
    most = parts.settings.limits.upload_files
    async with receive_multipart(request, parts.jobs.incoming, most) as form:
        if not form.files:
            raise ApiError(422, "there is no file in the request", "send files as parts called 'files'")
        good, problems = _sorted_out(form.files)
        if not good:
            raise ApiError(415, "; ".join(f"{name}: {reason}" for name, reason in problems[:5]))
        language = _tag(form.fields.get("language", [""])[-1])
        job = await parts.jobs.accept_files(good, language, problems)
    return JobAccepted(job=job.body())


def _sorted_out(files: list[Received]) -> tuple[list[Received], list[tuple[str, str]]]:
    good = [file for file in files if is_readable(file.name)]
    reason = "this kind of file cannot be read; see suffixes at /v1/collection"
    return good, [(file.name, reason) for file in files if not is_readable(file.name)]


def _tag(given: str) -> str | None:
    try:
        return language_tag(given.strip()) if given.strip() else None
    except ValueError as error:
        raise ApiError(422, str(error)) from None


@router.post("/texts", response_model=JobAccepted, status_code=202, responses=_WRITING)
async def add_texts(asked: TextsRequest, parts: Parts) -> JobAccepted:
    """Index texts in the background; a text with an id replaces the one that had it."""
    parts.jobs.check_room()
    check_disk(parts.jobs.incoming)
    rows: dict[object, dict[str, str | None]] = {}
    for number, text in enumerate(asked.texts):
        name = text.id.encode("utf-8", "replace").decode() if text.id else None
        content = text.text.encode("utf-8", "replace").decode()
        if not content.strip():
            raise ApiError(422, f"texts.{number}.text: is empty")
        # Of two with one id the later counts.
        rows[name or number] = {"text": content, "language": _tag(text.language or ""), "id": name}
    return JobAccepted(job=parts.jobs.accept_texts(list(rows.values())).body())


@router.delete("/files", response_model=DeletedBody, responses=_READING | documented(409))
async def delete_file(
    parts: Parts, name: Annotated[str, Query(min_length=1, max_length=1_000)]
) -> DeletedBody:
    """Delete the items of a file, and the file itself if it was uploaded."""
    deleted = await parts.searches.run(lambda: parts.collection.delete_file(name))
    if deleted is None:
        raise ApiError(404, "there is no such file in the collection")
    return DeletedBody(deleted=deleted)


@router.get("/jobs", response_model=JobsBody, responses=documented(401, 403, 429))
async def jobs(parts: Parts) -> JobsBody:
    """All jobs, the newest first."""
    return JobsBody(jobs=[job.body() for job in parts.jobs.all()])


@router.get("/jobs/{id}", response_model=JobBody, responses=_READING)
async def job(parts: Parts, name: JobId) -> JobBody:
    """One job."""
    return _job(parts.jobs, name).body()


@router.get(
    "/jobs/{id}/events",
    response_class=StreamingResponse,
    responses=_READING | {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def job_events(parts: Parts, name: JobId) -> StreamingResponse:
    """Server-sent events: `progress` with the job, `problem` with a file, `done` with the job at the end."""
    found = _job(parts.jobs, name)
    return StreamingResponse(_events(parts.jobs, found), media_type="text/event-stream")


def _job(jobs: Jobs, name: str) -> Job:
    found = jobs.get(name)
    if found is None:
        raise ApiError(404, "there is no such job")
    return found


async def _events(jobs: Jobs, job: Job) -> AsyncIterator[bytes]:
    told = 0
    async for seen in jobs.follow(job, HEARTBEAT):
        if seen is None:
            yield b": still here\n\n"
            continue
        body = seen.body()
        for problem in body.problems[told:]:
            yield _event("problem", problem.model_dump())
        told = len(body.problems)
        yield _event("done" if seen.state.over else "progress", body.model_dump())


def _event(name: str, facts: dict[str, object]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(facts)}\n\n".encode()
