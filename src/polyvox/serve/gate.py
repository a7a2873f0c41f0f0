"""The door of the server: every request passes here first, and every answer last."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from polyvox.serve.admission import Admission
from polyvox.serve.errors import ApiError
from polyvox.serve.metrics import Metrics
from polyvox.serve.settings import Limits

LOGGER = logging.getLogger(__name__)

CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data:; media-src 'self' blob:; object-src 'none';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
}
MULTIPART_SPARE = 1 << 20
SESSION_BYTES = 1 << 16
"""Anybody may send this much without a token, and slowly."""
BODY_SECONDS = 20.0
"""A body may pause for so long, and after so long must have come at the slowest allowed rate."""
SLOWEST_BYTES = 2_000
DRAIN_BYTES = 1 << 16
DRAIN_SECONDS = 2.0
LINGER_SECONDS = 5.0
"""What a client still sends after its answer is thrown away for at most so long."""
SEND_SECONDS = 120.0
"""A client may leave an answer lying for so long; players pause."""


class Gate:
    """Admits requests, bounds their bodies, and puts the security headers on all answers."""

    def __init__(self, app: ASGIApp, admission: Admission, limits: Limits, metrics: Metrics) -> None:
        self._app = app
        self._admission = admission
        self._metrics = metrics
        self._json_bytes = limits.json_bytes
        self._bytes = {
            "/v1/files": limits.upload_bytes + MULTIPART_SPARE,
            "/v1/search/audio": limits.query_bytes + MULTIPART_SPARE,
            "/v1/embeddings/audio": limits.query_bytes + MULTIPART_SPARE,
            "/v1/session": SESSION_BYTES,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        body = _Body(receive, headers, self._bytes.get(scope["path"], self._json_bytes))
        answer = _Answer(send, body)
        began = time.monotonic()
        try:
            role = self._admission.admit(
                scope["method"], scope["path"], headers, (scope["client"] or ("",))[0]
            )
            body.check_announced()
            scope.setdefault("state", {})["role"] = role
            await self._app(scope, body.receive, answer.send)
        except ApiError as error:
            self._metrics.refused.labels(error.problem.code).inc()
            await body.drain()
            await self._refuse(error, answer, scope, receive)
        except TimeoutError:
            LOGGER.info("a client left its answer lying")
            raise
        except Exception as error:
            LOGGER.exception("a request failed")
            if answer.begun:
                # Nothing but a closed connection can tell the client now.
                raise error from None
            await self._refuse(ApiError(500, "the server could not do that"), answer, scope, receive)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.count(scope["method"], route, answer.status, time.monotonic() - began)

    async def _refuse(self, error: ApiError, answer: _Answer, scope: Scope, receive: Receive) -> None:
        await error.response()(scope, receive, answer.send)


class _Answer:
    """Watches an answer go out and adds the headers that every one has."""

    def __init__(self, send: Send, body: _Body) -> None:
        self._send = send
        self._body = body
        self.begun = False
        self.status = 0

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self.begun = True
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
            # What of the body comes after the answer is thrown away, and only for a while.
            if self.status in {408, 413} or self._body.unread:
                headers["Connection"] = "close"
        elif self._body.unread and not message.get("more_body", False):
            await self._pass({**message, "more_body": True})
            # Closed while the client is still sending, the connection would lose the answer (RFC 9112, 9.6).
            await self._body.discard(LINGER_SECONDS)
            message = {"type": "http.response.body"}
        await self._pass(message)

    async def _pass(self, message: Message) -> None:
        async with asyncio.timeout(SEND_SECONDS):
            await self._send(message)


class _Body:
    """A request's body, which may be neither too long nor too slow."""

    def __init__(self, receive: Receive, headers: Headers, most: int) -> None:
        self._receive = receive
        self._announced = headers.get("content-length", "0")
        self._chunked = "transfer-encoding" in headers
        self._most = most
        self._came = 0
        self._began = time.monotonic()
        self._over = False

    @property
    def unread(self) -> bool:
        """Whether there is a body of which something may still come."""
        return not self._over and (self._chunked or self._announced != "0")

    def check_announced(self) -> None:
        """Refuse a body by its announced length, before any of it is read.

        Raises:
            ApiError: 413, it is too long; 400, the length is no number.
        """
        if not (self._announced.isascii() and self._announced.isdigit()):
            raise ApiError(400, "the header Content-Length is no number")
        if int(self._announced) > self._most:
            raise self._too_large()

    async def drain(self) -> None:
        """Take in the rest of a short body, so that the connection can stay open."""
        short = (
            self._announced.isascii() and self._announced.isdigit() and int(self._announced) <= DRAIN_BYTES
        )
        if short and not self._chunked:
            await self.discard(DRAIN_SECONDS)

    async def discard(self, seconds: float) -> None:
        """Throw away what comes, until the body is over or the time is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.unread:
                    message = await self._receive()
                    self._over = not message.get("more_body", False)

    async def receive(self) -> Message:
        """The next piece.

        Raises:
            ApiError: 413, it is too long; 408, it is too slow.
        """
        if self._over:
            return await self._receive()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                message = await self._receive()
        except TimeoutError:
            raise ApiError(408, "the request came too slowly") from None
        self._came += len(message.get("body", b""))
        self._over = not message.get("more_body", False)
        if self._came > self._most:
            raise self._too_large()
        late = time.monotonic() - self._began
        if not self._over and late > BODY_SECONDS and self._came < SLOWEST_BYTES * late:
            raise ApiError(408, "the request came too slowly")
        return message

    def _too_large(self) -> ApiError:
        return ApiError(413, f"a request of this kind may have {self._most:,} bytes", "send less at a time")
