"""Searching, by text and by voice."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError

from polyvox.item import Audio, language_tag
from polyvox.serve.collection import Question
from polyvox.serve.errors import ApiError, documented
from polyvox.serve.multipart import multipart_body, receive_multipart
from polyvox.serve.schemas import SearchFields, SearchRequest, SearchResponse, VoiceFields
from polyvox.serve.state import Parts, State
from polyvox.serve.views import hit_views

router = APIRouter(prefix="/v1", tags=["search"])

_TAGS = ("language", "spoken")
_ERRORS = documented(400, 401, 403, 413, 415, 422, 429, 503)


@router.post("/search", response_model=SearchResponse, responses=_ERRORS)
async def search(asked: SearchRequest, parts: Parts) -> Response:
    """Find the texts and recordings nearest to some words, in any language."""
    if not asked.query.strip():
        raise ApiError(422, "the query is empty", "type some words")
    query = asked.query.encode("utf-8", "replace").decode()
    return await _answer(parts, asked, query, None)


@router.post(
    "/search/audio",
    response_model=SearchResponse,
    responses=_ERRORS | documented(408),
    openapi_extra=multipart_body("file", VoiceFields, several=False),
)
async def search_audio(request: Request, parts: Parts) -> Response:
    """Find the texts and recordings nearest to a spoken question, in any container that FFmpeg reads."""
    async with receive_multipart(request, parts.jobs.incoming, most_files=1) as form:
        asked = _fields(form.fields)
        if asked.mode not in (None, "dense"):
            raise ApiError(422, f"a voice has no words for the mode {asked.mode}", "leave the mode out")
        if not form.files:
            raise ApiError(422, "there is no recording in the request", "send it as the part 'file'")
        audio = await parts.decoding.question(form.files[0].path)
    told = replace(audio, languages=tuple(_tags(asked.spoken)))
    return await _answer(parts, asked, told, audio.seconds)


def _fields(given: dict[str, list[str]]) -> VoiceFields:
    facts: dict[str, Any] = {name: values[-1] for name, values in given.items() if name not in _TAGS}
    facts |= {name: _apart(given.get(name, [])) or None for name in _TAGS}
    try:
        return VoiceFields(**facts)
    except (ValidationError, TypeError) as error:
        told = (
            error.errors()[0] if isinstance(error, ValidationError) else {"loc": ("form",), "msg": str(error)}
        )
        raise ApiError(
            422, f"{'.'.join(map(str, told['loc']))}: {told['msg']}", "see /openapi.json"
        ) from None


def _apart(values: list[str]) -> list[str]:
    return [tag for value in values for tag in value.split(",") if tag.strip()]


async def _answer(parts: State, asked: SearchFields, query: str | Audio, seconds: float | None) -> Response:
    began = time.perf_counter()
    words = query if isinstance(query, str) else None
    question = Question(query, asked.limit, asked.offset, _tags(asked.language), asked.modality, asked.mode)

    def work() -> dict[str, Any]:
        hits, more = parts.collection.search(question)
        return {
            "hits": hit_views(hits, asked.offset + 1, parts.collection.names, words),
            "more": more,
        }

    found = await parts.searches.run(work)
    found["took_ms"] = round((time.perf_counter() - began) * 1000, 2)
    found["query"] = {"text": words, "seconds": None if seconds is None else round(seconds, 3)}
    # Written without a second check against the schema, which would cost more than the search.
    return Response(json.dumps(found, ensure_ascii=False).encode(), media_type="application/json")


def _tags(given: list[str] | None) -> list[str]:
    try:
        return [language_tag(tag.strip()) for tag in given or ()]
    except ValueError as error:
        raise ApiError(422, str(error)) from None
