"""Everything that the routes of one server share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from polyvox.serve.collection import Collection
from polyvox.serve.decoding import Decoding
from polyvox.serve.jobs import Jobs
from polyvox.serve.metrics import Metrics
from polyvox.serve.projection import Projections
from polyvox.serve.searches import Searches
from polyvox.serve.sessions import Sessions
from polyvox.serve.settings import Settings


@dataclass(frozen=True, slots=True)
class State:
    """The parts of a running server."""

    settings: Settings
    collection: Collection
    searches: Searches
    decoding: Decoding
    jobs: Jobs
    sessions: Sessions
    metrics: Metrics
    projections: Projections


def state_of(request: Request) -> State:
    """The parts of the server that a request came to."""
    state: State = request.app.state.parts
    return state


Parts = Annotated[State, Depends(state_of)]
