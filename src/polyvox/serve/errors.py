"""What a client is told when something does not work: one shape, no stack traces."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from polyvox.encode import ModalityError
from polyvox.errors import PolyvoxError, ReadError
from polyvox.index import LockedError

LOGGER = logging.getLogger(__name__)

CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    416: "range_not_satisfiable",
    422: "invalid_request",
    429: "too_many_requests",
    431: "headers_too_large",
    500: "internal_error",
    503: "busy",
    507: "disk_full",
}


class Problem(BaseModel):
    """What went wrong, in words for a person, and what to do about it."""

    code: str
    message: str
    hint: str = ""


class ErrorBody(BaseModel):
    """The body of every response that is an error."""

    error: Problem


class ApiError(HTTPException):
    """An answer that is an error.

    Args:
        status: the HTTP status.
        message: what is wrong; it may name what the client sent, never a secret or a path of the server.
        hint: what the client can do.
        code: a stable name for programs; that of the status where empty.
        headers: more response headers, such as `Retry-After`.
    """

    def __init__(
        self,
        status: int,
        message: str,
        hint: str = "",
        *,
        code: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        # What a client sent may hold half of a surrogate pair, which no JSON encoder would write.
        message = message.encode("utf-8", "replace").decode()
        super().__init__(status, message, dict(headers or {}))
        self.problem = Problem(code=code or CODES.get(status, "error"), message=message, hint=hint)

    def response(self) -> JSONResponse:
        """The response that tells it."""
        body = ErrorBody(error=self.problem).model_dump()
        return JSONResponse(body, self.status_code, dict(self.headers or {}))


def busy(message: str, seconds: int = 1) -> ApiError:
    """503: the same request will work in a while."""
    return ApiError(503, message, f"try again in {seconds} s", headers={"Retry-After": str(seconds)})


def documented(*statuses: int) -> dict[int | str, dict[str, object]]:
    """The part of OpenAPI that says which errors a route answers with."""
    return {status: {"model": ErrorBody, "description": HTTPStatus(status).phrase} for status in statuses}


def install_handlers(app: FastAPI) -> None:
    """Turn every exception that a route can raise into the one error shape."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(PolyvoxError, _known)
    app.add_exception_handler(Exception, _unknown)


async def _http(_: Request, error: Exception) -> JSONResponse:
    if isinstance(error, ApiError):
        return error.response()
    if not isinstance(error, HTTPException):
        return await _unknown(_, error)
    return ApiError(error.status_code, str(error.detail), headers=error.headers).response()


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    told = [
        f"{'.'.join(str(part) for part in fault['loc'][1:]) or 'body'}: {fault['msg']}" for fault in faults
    ]
    return ApiError(422, "; ".join(told[:5]) or "the request is invalid", "see /openapi.json").response()


async def _known(_: Request, error: Exception) -> JSONResponse:
    if isinstance(error, LockedError):
        return busy("the collection is being changed by somebody else", 5).response()
    if isinstance(error, ReadError):
        return ApiError(422, error.reason, "send another recording", code="unreadable").response()
    if isinstance(error, ModalityError):
        return ApiError(422, "this collection's model does not encode that kind of content").response()
    LOGGER.error("%s", error)
    return ApiError(500, "the server could not do that", "its log says why").response()


async def _unknown(_: Request, error: Exception) -> JSONResponse:
    LOGGER.error("unexpected: %r", error)
    return ApiError(500, "the server could not do that", "its log says why").response()
