"""The server as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import APIRoute

from polyvox.index import Index
from polyvox.serve.admission import Admission
from polyvox.serve.collection import Collection
from polyvox.serve.decoding import Decoding
from polyvox.serve.errors import install_handlers
from polyvox.serve.gate import Gate
from polyvox.serve.job import JobState
from polyvox.serve.jobs import Jobs
from polyvox.serve.metrics import Metrics
from polyvox.serve.projection import Projections
from polyvox.serve.routes import embeddings, files, general, items, page, search, session
from polyvox.serve.searches import Searches
from polyvox.serve.sessions import Sessions
from polyvox.serve.settings import Settings
from polyvox.serve.state import State
from polyvox.serve.version import VERSION

ROUTES = (general, search, items, files, embeddings, session, page)


def create_app(settings: Settings) -> FastAPI:
    """The application that serves one index.

    Raises:
        IndexFormatError: there is no index at the path, or a newer polyvox made it.
    """
    parts = _assemble(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(parts.collection.warm_up)
        await parts.decoding.start()
        await parts.jobs.start()
        yield
        await parts.jobs.stop()
        await parts.decoding.stop()
        parts.searches.close()

    app = FastAPI(
        title="polyvox",
        version=VERSION,
        summary="Search speech and text in any language through one embedding space.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        generate_unique_id_function=_operation_name,
    )
    for routes in ROUTES:
        app.include_router(routes.router)
    install_handlers(app)
    admission = Admission(settings, parts.sessions)
    app.state.parts, app.state.admission = parts, admission
    app.add_middleware(Gate, admission=admission, limits=settings.limits, metrics=parts.metrics)
    return app


def _assemble(settings: Settings) -> State:
    collection = Collection(Index.open(settings.index), settings.state)
    limits = settings.limits
    parts = State(
        settings=settings,
        collection=collection,
        searches=Searches(limits.threads, limits.queue),
        decoding=Decoding(limits),
        jobs=Jobs(collection, settings.state, limits, read_only=settings.read_only),
        sessions=Sessions(),
        metrics=Metrics(),
        projections=Projections(),
    )
    _watch(parts)
    return parts


def _watch(parts: State) -> None:
    metrics = parts.metrics
    metrics.watch("items", "items in the index", lambda: float(len(parts.collection)))
    metrics.watch("searches_running", "searches at work or waiting", lambda: float(parts.searches.running))
    metrics.watch(
        "jobs_unfinished",
        "indexing jobs at work or waiting",
        lambda: float(parts.jobs.count(JobState.QUEUED, JobState.RUNNING)),
    )
    metrics.watch(
        "undecodable", "recordings that could not be decoded", lambda: float(parts.decoding.failures)
    )


def _operation_name(route: APIRoute) -> str:
    return route.name
