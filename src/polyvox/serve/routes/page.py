"""The web page."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from polyvox.serve.errors import ApiError
from polyvox.serve.page_files import PageFiles

router = APIRouter(include_in_schema=False)
_FILES = PageFiles()


@router.api_route("/", methods=["GET", "HEAD"])
async def index(request: Request) -> Response:
    """The page."""
    return _sent(request, "index.html")


@router.api_route("/assets/{name:path}", methods=["GET", "HEAD"])
async def asset(request: Request, name: str) -> Response:
    """A file of the page."""
    return _sent(request, name)


@router.api_route("/favicon.ico", methods=["GET", "HEAD"])
async def icon(request: Request) -> Response:
    """The page's icon, if it has one."""
    return _sent(request, "favicon.ico")


def _sent(request: Request, name: str) -> Response:
    file = _FILES.get(name)
    if file is None:
        raise ApiError(404, "there is no such page")
    headers = {"ETag": file.etag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, 200, headers, file.kind)
