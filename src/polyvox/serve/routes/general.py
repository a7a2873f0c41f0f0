"""Health, metrics and what the collection holds."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from polyvox.item import Modality
from polyvox.read import SUPPORTED_SUFFIXES
from polyvox.serve.errors import documented
from polyvox.serve.metrics import CONTENT_TYPE
from polyvox.serve.schemas import CollectionBody, HealthBody, LanguageBody, LimitsBody
from polyvox.serve.state import Parts
from polyvox.serve.tokens import Role
from polyvox.serve.version import VERSION

router = APIRouter(tags=["general"])


@router.get("/health", response_model=HealthBody, responses=documented(403, 429, 503))
async def health(parts: Parts) -> HealthBody:
    """Whether the server is alive and the index can be read."""
    items = await parts.searches.run(lambda: len(parts.collection))
    return HealthBody(status="ok", items=items, version=VERSION)


@router.get("/metrics", response_class=Response, responses=documented(401, 403, 429))
async def metrics(parts: Parts) -> Response:
    """Figures in Prometheus' text format."""
    return Response(parts.metrics.text(), media_type=CONTENT_TYPE)


@router.get("/docs", include_in_schema=False)
async def docs() -> RedirectResponse:
    """The description of this interface, which loads nothing from elsewhere."""
    return RedirectResponse("/openapi.json", 307)


@router.get("/v1/collection", response_model=CollectionBody, responses=documented(401, 403, 429, 503))
async def collection(request: Request, parts: Parts) -> CollectionBody:
    """What the collection holds, and what this client may do with it."""
    census = await parts.searches.run(parts.collection.census)
    card = await parts.searches.run(lambda: parts.collection.encoder.card)
    limits = parts.settings.limits
    languages = [
        LanguageBody(
            tag=tag,
            name=tag,
            texts=census.of(Modality.TEXT, tag),
            recordings=census.of(Modality.SPEECH, tag),
        )
        for tag in census.languages()
    ]
    return CollectionBody(
        name=parts.collection.name,
        items=census.items,
        texts=census.of(Modality.TEXT),
        recordings=census.of(Modality.SPEECH),
        files=census.files,
        languages=languages,
        model=card.name,
        dimension=card.dimension,
        modalities=sorted(card.modalities),
        writable=not parts.settings.read_only and request.scope["state"]["role"] >= Role.WRITE,
        limits=LimitsBody(
            upload_bytes=limits.upload_bytes,
            upload_seconds=limits.upload_seconds,
            upload_files=limits.upload_files,
            query_bytes=limits.query_bytes,
            query_seconds=limits.query_seconds,
        ),
        suffixes=sorted(SUPPORTED_SUFFIXES),
    )
