"""Start a server and keep it running until it is told to stop."""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn

from polyvox.errors import PolyvoxError
from polyvox.serve.app import create_app
from polyvox.serve.patience import PatientProtocol
from polyvox.serve.settings import Settings

GRACE_SECONDS = 5
KEEP_ALIVE_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files with which a server speaks https itself."""

    certificate: Path
    key: Path


def run_server(
    settings: Settings, certificate: Certificate | None = None, on_ready: Callable[[str], None] = print
) -> None:
    """Serve until SIGINT or SIGTERM; `on_ready` hears the address once requests are answered.

    Raises:
        PolyvoxError: the address cannot be listened on, or the index cannot be opened.
    """
    # What strangers send wrongly is told to them; it must not fill the log.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    listener = _listen(settings)
    with listener:
        settings = replace(settings, port=listener.getsockname()[1], secure=certificate is not None)
        app = create_app(settings)
        config = uvicorn.Config(
            app,
            http=PatientProtocol,
            ws="none",
            lifespan="on",
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=settings.limits.connections,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
            ssl_certfile=certificate.certificate if certificate else None,
            ssl_keyfile=certificate.key if certificate else None,
        )
        server = _Server(config, lambda: on_ready(_address(settings)), app.state.parts.jobs.end_streams)
        server.run([listener])


class _Server(uvicorn.Server):
    """uvicorn's server, which tells when it answers, and ends streams that never end by themselves."""

    def __init__(
        self, config: uvicorn.Config, on_ready: Callable[[], None], on_stop: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        await super().shutdown(sockets)


def _listen(settings: Settings) -> socket.socket:
    try:
        address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(address[0], socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address[4])
        listener.listen(2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PolyvoxError(
                f"port {settings.port} of {settings.host} is in use; choose another with --port,"
                " or --port 0 for any that is free"
            ) from error
        raise PolyvoxError(f"cannot listen on {settings.host}:{settings.port}: {error}") from error
    return listener


def _address(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http{'s' if settings.secure else ''}://{host}:{settings.port}/"
