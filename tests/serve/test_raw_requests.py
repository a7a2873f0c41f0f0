"""Requests sent byte by byte: paths, lengths and heads that no client library would send."""

from __future__ import annotations

import socket
import time

import pytest
from tests.serve.running import Server

pytest.importorskip("fastapi", reason="needs the extra 'serve'")

HOST = b"Host: localhost\r\n"


def talk(port: int, *pieces: bytes, wait: float = 30.0) -> bytes:
    """Send bytes as they are; what comes back until the server closes or is silent for a while."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as connection:
        heard = b""
        try:
            for piece in pieces:
                connection.sendall(piece)
            while block := connection.recv(65_536):
                heard += block
        except (TimeoutError, ConnectionResetError, BrokenPipeError):
            pass
        return heard


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../settings.py",
        "/assets/%2e%2e/settings.py",
        "/assets/..%2f..%2f..%2fetc%2fpasswd",
        "/assets//etc/passwd",
        "/assets/index.html%00.js",
        "/assets/",
        "/v1/items/..%2f..%2fetc%2fpasswd/audio",
        "/uploads/a",
    ],
)
def test_no_path_leads_out(server: Server, path: str) -> None:
    raw = talk(server.port, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert raw.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400")), raw[:200]
    assert b"root:" not in raw


def test_an_oversized_upload_is_refused_before_it_is_sent(server: Server) -> None:
    head = (
        b"POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        b"Content-Length: 2147483648\r\n\r\n"
    )
    assert talk(server.port, head).startswith(b"HTTP/1.1 413")


def test_an_endless_upload_is_cut_off(server: Server) -> None:
    head = (
        b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    heard = talk(server.port, head, *[chunk] * 12)
    assert heard.startswith(b"HTTP/1.1 413")
    assert server.client.get("/health").status_code == 200


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n", b"400"),
        (
            b"POST /v1/search HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
            b"400",
        ),
        (
            b"POST /v1/search HTTP/1.1\r\n"
            + HOST
            + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"400",
        ),
        (b"POST /v1/search HTTP/1.1\r\n" + HOST + b"Content-Length: -5\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 40_000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 150 + b"\r\n", b"431"),
        (b"GET /" + b"a" * 40_000, b"431"),
        (b"\x16\x03\x01\x02\x00\x01\x00", b"400"),
        (b"GET / HTTP/9.9\r\n" + HOST + b"\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: local\x00host\r\n\r\n", b"400"),
        (b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"403"),
    ],
)
def test_heads_that_are_a_trick(server: Server, request_bytes: bytes, status: bytes) -> None:
    heard = talk(server.port, request_bytes)
    assert heard.startswith(b"HTTP/1.1 " + status), heard[:200]
    assert b"Traceback" not in heard
    assert server.client.get("/health").status_code == 200


def test_a_body_that_grows_too_long_is_told_so(server: Server) -> None:
    head = b"POST /v1/search HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
    length = (8 << 20) + 1
    body = b"%x\r\n" % length + b" " * length
    heard = talk(server.port, head + b"Transfer-Encoding: chunked\r\n\r\n" + body)
    assert heard.startswith(b"HTTP/1.1 413"), heard[:200]
    assert b'"too_large"' in heard


def test_a_refusal_is_heard_though_its_body_comes_late(server: Server) -> None:
    head = b"POST /v1/texts HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\nContent-Length: 10\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(head)
        time.sleep(0.3)
        connection.sendall(b"0123456789")
        time.sleep(0.3)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 403")


def test_a_refusal_is_heard_by_who_sends_everything_first(server: Server) -> None:
    head = b"POST /v1/files HTTP/1.1\r\n" + HOST + b"Content-Type: multipart/form-data; boundary=x\r\n"
    body = b" " * 40_000_000
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body))
        time.sleep(0.3)
        for start in range(0, len(body), 4_000_000):
            connection.sendall(body[start : start + 4_000_000])
        heard = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert heard.startswith(b"HTTP/1.1 413") and b'"too_large"' in heard


def test_nobody_may_send_much_to_log_in(server: Server) -> None:
    head = b"POST /v1/session HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
    assert talk(server.port, head + b"Content-Length: 1000000\r\n\r\n").startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("length", [b"Content-Length: 1000000\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_a_body_that_nobody_reads_does_not_hold_the_connection(server: Server, length: bytes) -> None:
    began = time.monotonic()
    heard = talk(server.port, b"GET /health HTTP/1.1\r\n" + HOST + length + b"\r\n")
    assert heard.startswith(b"HTTP/1.1 200") and b"connection: close" in heard.lower()
    assert time.monotonic() - began < 10


def test_a_connection_is_kept_where_the_body_was_read(server: Server) -> None:
    body = b'{"query": "fish"}'
    head = b"POST /v1/search HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
    request = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    last = request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
    assert talk(server.port, request, last).count(b"HTTP/1.1 200") == 2


@pytest.mark.slow
def test_a_head_that_never_ends_is_cut_off(server: Server) -> None:
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=1.0) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        while time.monotonic() - began < 60:
            try:
                if not connection.recv(4_096):
                    break
            except TimeoutError:
                if not _sent(connection, b"X-a: b\r\n"):
                    break
            except OSError:
                break
    assert 8 < time.monotonic() - began < 60


def _sent(connection: socket.socket, data: bytes) -> bool:
    try:
        connection.sendall(data)
    except OSError:
        return False
    return True
