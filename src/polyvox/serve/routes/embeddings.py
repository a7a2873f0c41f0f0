"""Vectors of texts and recordings, in the shape of OpenAI's API."""

from __future__ import annotations

import base64
from collections.abc import Callable

from fastapi import APIRouter, Request
from pydantic import ValidationError

from polyvox.encode import Role, Vectors, load_encoder
from polyvox.encode.prefix import shortened
from polyvox.errors import PolyvoxError
from polyvox.serve.errors import ApiError, documented
from polyvox.serve.multipart import multipart_body, receive_multipart
from polyvox.serve.schemas import (
    AudioEmbeddingsFields,
    EmbeddingBody,
    EmbeddingsBody,
    EmbeddingsRequest,
    UsageBody,
)
from polyvox.serve.state import Parts, State

router = APIRouter(prefix="/v1", tags=["embeddings"])

MOST_TEXTS = 2_048
MOST_RECORDINGS = 16
_ERRORS = documented(400, 401, 403, 404, 413, 415, 422, 429, 503)


@router.post("/embeddings", response_model=EmbeddingsBody, responses=_ERRORS)
async def embeddings(asked: EmbeddingsRequest, parts: Parts) -> EmbeddingsBody:
    """Vectors of texts."""
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    if not 0 < len(texts) <= MOST_TEXTS:
        raise ApiError(422, f"input: expected 1 to {MOST_TEXTS} texts, got {len(texts)}")
    clean = [text.encode("utf-8", "replace").decode() for text in texts]
    role = Role(asked.role)
    return await _answer(parts, asked, lambda: parts.collection.encoder.encode_text(clean, role=role))


@router.post(
    "/embeddings/audio",
    response_model=EmbeddingsBody,
    responses=_ERRORS | documented(408),
    openapi_extra=multipart_body("files", AudioEmbeddingsFields, several=True),
)
async def audio_embeddings(request: Request, parts: Parts) -> EmbeddingsBody:
    """Vectors of recordings, each heard as a whole."""
    async with receive_multipart(request, parts.jobs.incoming, MOST_RECORDINGS) as form:
        if not form.files:
            raise ApiError(422, "there is no recording in the request", "send parts called 'files'")
        try:
            asked = AudioEmbeddingsFields.model_validate(
                {name: values[-1] for name, values in form.fields.items()}
            )
        except ValidationError as error:
            told = error.errors()[0]
            raise ApiError(422, f"{'.'.join(map(str, told['loc']))}: {told['msg']}") from None
        heard = [await parts.decoding.question(file.path) for file in form.files]
    role = Role(asked.role)
    return await _answer(parts, asked, lambda: parts.collection.encoder.encode_speech(heard, role=role))


async def _answer(
    parts: State, asked: AudioEmbeddingsFields, encode: Callable[[], Vectors]
) -> EmbeddingsBody:
    name = parts.collection.index.manifest.model
    if asked.model not in {"default", "polyvox", name}:
        raise ApiError(404, "there is no such model here", f"leave it out, or ask for {name!r}")
    vectors = await parts.searches.run(lambda: _cut(parts, encode, asked.dimensions))
    data = [
        EmbeddingBody(object="embedding", index=number, embedding=_coded(row, asked.encoding_format))
        for number, row in enumerate(vectors)
    ]
    return EmbeddingsBody(
        object="list", data=data, model=name, usage=UsageBody(prompt_tokens=0, total_tokens=0)
    )


def _cut(parts: State, encode: Callable[[], Vectors], dimensions: int | None) -> Vectors:
    card = parts.collection.encoder.card
    if dimensions is None or dimensions == card.dimension:
        return encode()
    try:
        # Opening tells whether the model was trained to be cut there; it reads no weights.
        load_encoder(card.source, dimensions)
    except PolyvoxError as error:
        raise ApiError(422, f"dimensions: {error}") from None
    if dimensions > card.dimension:
        raise ApiError(422, f"dimensions: this collection's vectors have {card.dimension}")
    return shortened(encode(), dimensions)


def _coded(row: Vectors, coding: str) -> list[float] | str:
    if coding == "base64":
        return base64.b64encode(row.astype("<f4").tobytes()).decode()
    return [float(value) for value in row]
