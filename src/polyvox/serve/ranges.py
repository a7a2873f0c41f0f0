"""HTTP range requests (RFC 9110, section 14): one range of bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from polyvox.serve.errors import ApiError
from polyvox.serve.recordings import Recording, blocks

_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes from `start`, so many."""

    start: int
    length: int


def wanted_span(header: str | None, size: int) -> Span | None:
    """The bytes that a Range header asks for; None for the whole, also where the header is not understood.

    Raises:
        ApiError: 416, the range lies outside.

    >>> wanted_span("bytes=2-5", 10), wanted_span("bytes=-3", 10), wanted_span("lines=1-2", 10)
    (Span(start=2, length=4), Span(start=7, length=3), None)
    """
    match = _ONE_RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.group(1) == match.group(2) == "":
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= end:
        message = f"the recording has {size} bytes"
        raise ApiError(416, message, headers={"Content-Range": f"bytes */{size}"})
    return Span(start, end - start)


def file_response(request: Request, recording: Recording) -> Response:
    """A recording, or the range of it that is asked for."""
    header = request.headers.get("range")
    if request.headers.get("if-range", recording.etag) != recording.etag:
        header = None
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": recording.etag,
        "Cache-Control": "private, no-cache",
        "Content-Disposition": "inline",
    }
    if header is None and request.headers.get("if-none-match") == recording.etag:
        return Response(status_code=304, headers=headers)
    span = wanted_span(header, recording.size)
    if span is not None:
        end = span.start + span.length - 1
        headers["Content-Range"] = f"bytes {span.start}-{end}/{recording.size}"
    start, length = (span.start, span.length) if span else (0, recording.size)
    headers["Content-Length"] = str(length)
    content: Iterator[bytes] = blocks(recording, start, length)
    return StreamingResponse(content, 206 if span else 200, headers, media_type=recording.kind)


def bytes_response(request: Request, data: bytes, kind: str) -> Response:
    """Bytes in memory, or the range of them that is asked for."""
    span = wanted_span(request.headers.get("range"), len(data))
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "private, no-cache"}
    if span is None:
        return Response(data, 200, headers, kind)
    end = span.start + span.length
    headers["Content-Range"] = f"bytes {span.start}-{end - 1}/{len(data)}"
    return Response(data[span.start : end], 206, headers, kind)
