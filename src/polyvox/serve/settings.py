"""What whoever starts a server decides: where it listens, who may do what, and how much."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path

from polyvox.errors import PolyvoxError
from polyvox.serve.tokens import Tokens

DEFAULT_PORT = 8765
MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one client, one request and one decoding may take.

    Bytes count whole requests: `upload_bytes` for files to index, `query_bytes` for a recording as a
    question, `json_bytes` for everything else. `upload_seconds` and `query_seconds` are lengths of
    sound. `rate` is requests a second and `burst` how many may come at once; a rate of 0 is no limit.
    `threads` searches run at a time and `queue` may wait. `decode_seconds` is wall-clock time for one
    question or waveform, `decode_bytes` and `index_bytes` the memory that a reader may add to what it
    starts with.

    Raises:
        ValueError: a number is not positive.
    """

    upload_bytes: int = 512 * MEBIBYTE
    upload_seconds: float = 4 * 3600.0
    upload_files: int = 100
    query_bytes: int = 32 * MEBIBYTE
    query_seconds: float = 60.0
    json_bytes: int = 8 * MEBIBYTE
    rate: float = 50.0
    burst: int = 200
    threads: int = field(default_factory=lambda: min(8, max(2, os.cpu_count() or 2)))
    queue: int = 128
    connections: int = 512
    decode_seconds: float = 20.0
    decode_bytes: int = 1024 * MEBIBYTE
    index_bytes: int = 3072 * MEBIBYTE
    idle_seconds: float = 600.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            least = 0 if name in {"rate", "queue"} else 1
            if not getattr(self, name) >= least:
                raise ValueError(f"the limit {name} must be at least {least}, got {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class Settings:
    """A server's settings.

    `hosts` are further names by which browsers may call it, for a proxy or a name of the machine.

    Raises:
        PolyvoxError: an address that others can reach, and no token; no such port.
    """

    index: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    read_only: bool = False
    tokens: Tokens = field(default_factory=Tokens)
    hosts: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    secure: bool = False
    """Whether browsers reach it by https."""

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65_535:
            raise PolyvoxError(f"there is no port {self.port}; choose one from 0 to 65535")
        if not self.tokens and not is_loopback(self.host):
            raise PolyvoxError(
                f"{self.host} can be reached by others, so a token is needed: put one in a file"
                " (python -c 'import secrets; print(secrets.token_urlsafe(32))' > tokens.txt)"
                " and give --token-file tokens.txt, or set POLYVOX_TOKEN"
            )

    @property
    def state(self) -> Path:
        """The folder beside the index that holds uploads and jobs."""
        folder = self.index.absolute()
        return folder.with_name(f"{folder.name}.serve")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
