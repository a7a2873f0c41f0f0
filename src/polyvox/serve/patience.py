"""HTTP connections that do not wait for ever: limits on the time and size of a request's head."""

from __future__ import annotations

import asyncio
import json
from asyncio import TimerHandle
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from polyvox.serve.errors import CODES

HEAD_SECONDS = 10.0
HEAD_BYTES = 32_768
HEADERS = 100
ONLY_ONCE = (b"host", b"content-length", b"authorization", b"content-type", b"origin")


class _RefusedError(Exception):
    """A head that will not be served."""


class PatientProtocol(HttpToolsProtocol):
    """Closes a connection whose request head is too slow, too long, or ambiguous.

    uvicorn limits how long a connection may idle between requests, but not how slowly, or in how many
    bytes, the head of one may come (the attack called slow-loris).
    """

    _deadline: TimerHandle | None = None
    _head_bytes = 0
    _refusal = (400, "this is not HTTP")

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head, or say that there are too many connections."""
        super().connection_made(transport)
        # Left to uvicorn, the answer to one connection too many would not have the shape of our errors.
        most, self.limit_concurrency = self.limit_concurrency, None
        self._await_head()
        if most is not None and len(self.connections) > most:
            self._close(503, "too many connections")

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._head_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count the bytes of a head until it is complete."""
        super().data_received(data)
        if self._deadline is None or self.transport.is_closing():
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES:
            self._close(431, "the head of the request is too long")

    def on_message_begin(self) -> None:
        """The first byte of a head is here."""
        self._head_is_here()
        self._await_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head is here: refuse one that proxies and servers could read differently."""
        self._head_is_here()
        names = [name for name, _ in self.headers]
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if len(names) > HEADERS or size > HEAD_BYTES:
            self._refusal = (431, "the head of the request is too long")
        elif b"transfer-encoding" in names and b"content-length" in names:
            self._refusal = (400, "the request tells two lengths")
        elif any(names.count(name) > 1 for name in ONLY_ONCE):
            self._refusal = (400, "a header of the request is there twice")
        else:
            super().on_headers_complete()
            return
        raise _RefusedError

    def send_400_response(self, msg: str) -> None:
        """Say why the connection is closed; `msg` is uvicorn's own reason."""
        self._close(*self._refusal)

    def _await_head(self) -> None:
        self._head_bytes = 0
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _head_is_here(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        self._close(408, "the request came too slowly")

    def _close(self, status: int, message: str) -> None:
        self._head_is_here()
        if self.transport.is_closing():
            return
        body = json.dumps({"error": {"code": CODES[status], "message": message, "hint": ""}}).encode()
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nx-content-type-options: nosniff\r\n"
            "retry-after: 5\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
