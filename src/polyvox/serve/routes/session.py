"""Logging in with a token, for browsers."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from polyvox.serve.admission import cookie_value
from polyvox.serve.errors import ApiError, documented
from polyvox.serve.schemas import SessionBody, SessionRequest
from polyvox.serve.sessions import COOKIE, SECONDS
from polyvox.serve.state import Parts
from polyvox.serve.tokens import Role

router = APIRouter(prefix="/v1", tags=["session"])


@router.get("/session", response_model=SessionBody, responses=documented(403, 429))
async def who(request: Request) -> SessionBody:
    """What this client may do."""
    return SessionBody.of(request.scope["state"]["role"])


@router.post("/session", response_model=SessionBody, responses=documented(400, 401, 403, 413, 415, 422, 429))
async def log_in(asked: SessionRequest, request: Request, response: Response, parts: Parts) -> SessionBody:
    """Turn a token into a cookie that scripts cannot read and other sites cannot use."""
    tokens = parts.settings.tokens
    if not tokens:
        return SessionBody.of(request.scope["state"]["role"])
    role = tokens.role(asked.token)
    if role is Role.NOBODY:
        request.app.state.admission.count_guess(request.client.host if request.client else "")
        raise ApiError(401, "this token is not known", headers={"WWW-Authenticate": "Bearer"})
    response.set_cookie(
        COOKIE,
        parts.sessions.begin(role),
        max_age=SECONDS,
        httponly=True,
        samesite="strict",
        secure=parts.settings.secure or request.headers.get("origin", "").startswith("https:"),
        path="/",
    )
    return SessionBody.of(role)


@router.delete("/session", status_code=204, responses=documented(403, 429))
async def log_out(request: Request, parts: Parts) -> Response:
    """Forget the cookie."""
    parts.sessions.end(cookie_value(request.headers))
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response
