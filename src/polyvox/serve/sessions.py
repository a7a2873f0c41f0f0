"""Sessions: a token turned into a cookie, because players and event streams cannot send headers."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from hashlib import sha256

from polyvox.serve.tokens import Role

COOKIE = "polyvox_session"
SECONDS = 12 * 3600
MOST = 10_000


class Sessions:
    """Who holds which cookie; kept in memory, so a restart ends all sessions."""

    def __init__(self) -> None:
        self._open: OrderedDict[bytes, tuple[Role, float]] = OrderedDict()

    def begin(self, role: Role) -> str:
        """The value of a new cookie for a role."""
        value = secrets.token_urlsafe(32)
        self._open[_key(value)] = (role, time.monotonic() + SECONDS)
        while len(self._open) > MOST:
            self._open.popitem(last=False)
        return value

    def role(self, value: str) -> Role:
        """The role of a cookie's bearer; looked up by digest, so the time tells nothing about the secret."""
        role, until = self._open.get(_key(value), (Role.NOBODY, 0.0))
        if time.monotonic() < until:
            return role
        self._open.pop(_key(value), None)
        return Role.NOBODY

    def end(self, value: str) -> None:
        """Forget a cookie."""
        self._open.pop(_key(value), None)


def _key(value: str) -> bytes:
    return sha256(value.encode("utf-8", "surrogatepass")).digest()
