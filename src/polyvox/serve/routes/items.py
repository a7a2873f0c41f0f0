"""Single items, their recordings, and the map of all."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from polyvox.index import Hit
from polyvox.serve.errors import ApiError, documented
from polyvox.serve.projection import MOST_POINTS
from polyvox.serve.ranges import bytes_response, file_response
from polyvox.serve.recordings import Recording, excerpt_span, peaks, recording_of, wav
from polyvox.serve.schemas import DeletedBody, ItemBody, MapBody, PeaksBody, PointBody
from polyvox.serve.state import Parts, State
from polyvox.serve.views import item_view, label, played_whole

router = APIRouter(prefix="/v1", tags=["items"])

ItemId = Annotated[str, Path(alias="id", min_length=1, max_length=64, description="the id of a hit")]

_ERRORS = documented(401, 403, 404, 422, 429, 503)
_SOUND = {
    "description": "the recording, or the asked range of it",
    "content": {"audio/*": {"schema": {"type": "string", "format": "binary"}}},
}


@router.get("/items/{id}", response_model=ItemBody, responses=_ERRORS)
async def item(parts: Parts, name: ItemId) -> ItemBody:
    """One item."""
    return ItemBody(**item_view(await _found(parts, name), parts.collection.names))


@router.delete("/items/{id}", response_model=DeletedBody, responses=_ERRORS)
async def delete_item(parts: Parts, name: ItemId) -> DeletedBody:
    """Delete one item. The file it came from stays."""
    await _found(parts, name)
    return DeletedBody(deleted=await parts.searches.run(lambda: parts.collection.delete_item(name)))


@router.get(
    "/items/{id}/audio",
    response_class=Response,
    responses=_ERRORS | documented(416) | {200: _SOUND, 206: _SOUND},
)
async def audio(request: Request, parts: Parts, name: ItemId) -> Response:
    """The recording of a hit, with ranges.

    Containers and codecs that browsers play are sent as they are, from the recording's first second on.
    Of any other, a WAV file is made of the hit with one second before and after it; it begins at the
    second that the hit tells as `audio_start`.
    """
    hit, recording = await _recording(parts, name)
    if recording.kind and played_whole(hit):
        return file_response(request, recording)
    start, end = excerpt_span(hit)
    sound = await parts.decoding.excerpt(recording.path, start, end)
    return bytes_response(request, wav(sound), "audio/wav")


@router.get("/items/{id}/peaks", response_model=PeaksBody, responses=_ERRORS)
async def waveform(
    parts: Parts, name: ItemId, buckets: Annotated[int, Query(ge=1, le=2_000)] = 200
) -> PeaksBody:
    """The waveform of a hit."""
    hit, recording = await _recording(parts, name)
    start = hit.start or 0.0
    end = max(hit.end or 0.0, start + 0.1)
    sound = await parts.decoding.excerpt(recording.path, start, end)
    return PeaksBody(start=start, end=end, peaks=peaks(sound, buckets))


@router.get("/map", response_model=MapBody, responses=documented(401, 403, 422, 429, 503))
async def map_of_items(parts: Parts, limit: Annotated[int, Query(ge=1, le=MOST_POINTS)] = 3_000) -> MapBody:
    """The collection in two dimensions: neighbours in meaning are neighbours on the map."""
    projection = await parts.searches.run(lambda: parts.projections.of(parts.collection.table(), limit))
    names = parts.collection.names
    points = [
        PointBody(
            id=hit.id,
            x=round(float(x), 4),
            y=round(float(y), 4),
            language=hit.language,
            modality=hit.modality,
            label=label(hit, names),
        )
        for hit, (x, y) in zip(projection.items, projection.places, strict=True)
    ]
    return MapBody(points=points, method="pca", explained=list(projection.explained))


async def _found(parts: State, name: str) -> Hit:
    hit = await parts.searches.run(lambda: parts.collection.item(name))
    if hit is None:
        raise ApiError(404, "there is no such item")
    return hit


async def _recording(parts: State, name: str) -> tuple[Hit, Recording]:
    hit = await _found(parts, name)
    return hit, await parts.searches.run(lambda: recording_of(hit, parts.collection.file(hit.path)))
