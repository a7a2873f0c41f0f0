"""Who may come in: checks on the head of a request, before a route sees it."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from polyvox.serve.errors import ApiError
from polyvox.serve.rate import RateLimit
from polyvox.serve.sessions import COOKIE, Sessions
from polyvox.serve.settings import Settings, is_loopback
from polyvox.serve.tokens import Role

SAFE_METHODS = frozenset({"GET", "HEAD"})
PAGE_PATHS = frozenset({"/", "/favicon.ico"})
PAGE_FOLDER = "/assets/"
OPEN_PATHS = PAGE_PATHS | {"/health", "/v1/session"}
READING_POSTS = frozenset({"/v1/search", "/v1/search/audio", "/v1/embeddings", "/v1/embeddings/audio"})
JSON_POSTS = frozenset({"/v1/search", "/v1/embeddings", "/v1/texts", "/v1/session"})
WRONG_TOKENS = 10
WRONG_TOKENS_A_SECOND = 0.2


def needed_role(method: str, path: str) -> Role:
    """What a client must be allowed for a request.

    >>> needed_role("POST", "/v1/search"), needed_role("DELETE", "/v1/items/1"), needed_role("GET", "/health")
    (<Role.READ: 1>, <Role.WRITE: 2>, <Role.NOBODY: 0>)
    """
    if path in OPEN_PATHS or path.startswith(PAGE_FOLDER):
        return Role.NOBODY
    reads = method in SAFE_METHODS or path in READING_POSTS
    return Role.READ if reads else Role.WRITE


def is_page(method: str, path: str) -> bool:
    """Whether a request is for a file of the page, which costs next to nothing.

    >>> is_page("GET", "/assets/main.js"), is_page("GET", "/v1/map"), is_page("POST", "/")
    (True, False, False)
    """
    return method in SAFE_METHODS and (path in PAGE_PATHS or path.startswith(PAGE_FOLDER))


class Admission:
    """Checks host, rate, origin and token, in this order."""

    def __init__(self, settings: Settings, sessions: Sessions) -> None:
        self._settings = settings
        self._sessions = sessions
        self._rate = RateLimit(settings.limits.rate, settings.limits.burst)
        self._guesses = RateLimit(WRONG_TOKENS_A_SECOND, WRONG_TOKENS)
        self._hosts = {host.lower() for host in (settings.host, *settings.hosts)}

    def admit(self, method: str, path: str, headers: Mapping[str, str], client: str) -> Role:
        """The role of the client that sends a request.

        Raises:
            ApiError: 401, 403, 415 or 429.
        """
        self._check_host(headers.get("host", ""))
        if not is_page(method, path):
            # The page is made of dozens of files; a few people behind one address may all load it.
            _check_wait(self._rate.wait(client), "too many requests")
        if method not in SAFE_METHODS:
            _check_origin(headers)
        role = self._role(headers, client)
        needed = needed_role(method, path)
        if needed is Role.WRITE and self._settings.read_only:
            raise ApiError(403, "this server only reads", "start it without --read-only", code="read_only")
        if role < needed:
            raise _refused(role)
        if method == "POST" and path in JSON_POSTS:
            _check_json(headers)
        return role

    def _check_host(self, given: str) -> None:
        """Refuse names that are not ours: a page from elsewhere may have rebound its name to our address."""
        host = _host_name(given)
        if host in self._hosts or host == "localhost":
            return
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            address = None
        if address is None or (is_loopback(self._settings.host) and not address.is_loopback):
            raise ApiError(
                403,
                "this server does not go by that name",
                "use the address it printed, or start it with --allow-host NAME",
                code="unknown_host",
            )

    def _role(self, headers: Mapping[str, str], client: str) -> Role:
        tokens = self._settings.tokens
        if not tokens:
            return Role.READ if self._settings.read_only else Role.WRITE
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme:
            role = tokens.role(token.strip()) if scheme.lower() == "bearer" else Role.NOBODY
            if role is Role.NOBODY:
                self.count_guess(client)
            return role
        return self._sessions.role(cookie_value(headers))

    def count_guess(self, client: str) -> None:
        """Remember that a client sent a token that nobody knows.

        Raises:
            ApiError: 429, it has guessed too often.
        """
        _check_wait(self._guesses.wait(client), "too many wrong tokens")


def cookie_value(headers: Mapping[str, str]) -> str:
    """The session's cookie, empty where there is none."""
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""


def _check_origin(headers: Mapping[str, str]) -> None:
    """Refuse what another site makes a browser send; programs send neither header."""
    site = headers.get("sec-fetch-site", "none")
    origin = headers.get("origin")
    if origin is not None:
        same = urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""
    else:
        same = site in {"none", "same-origin"}
    if not same:
        raise ApiError(403, "another site asked for this", code="cross_origin")


def _check_wait(seconds: float, message: str) -> None:
    if seconds > 0:
        told = str(max(1, math.ceil(seconds)))
        raise ApiError(429, message, f"wait {told} s", headers={"Retry-After": told})


def _check_json(headers: Mapping[str, str]) -> None:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(415, "expected JSON", "send the header 'Content-Type: application/json'")


def _host_name(given: str) -> str:
    """The name in a Host header, without port and brackets.

    >>> _host_name("[::1]:80"), _host_name("LOCALHOST:1"), _host_name("a b")
    ('::1', 'localhost', '')
    """
    try:
        parts = urlsplit(f"//{given}")
        _ = parts.port
    except ValueError:
        return ""
    plain = "".join(given.split()) == given and not (parts.username or parts.path or parts.query)
    return (parts.hostname or "").lower() if plain else ""


def _refused(role: Role) -> ApiError:
    if role is Role.NOBODY:
        hint = "send the header 'Authorization: Bearer TOKEN', or log in at POST /v1/session"
        return ApiError(401, "a token is needed", hint, headers={"WWW-Authenticate": "Bearer"})
    return ApiError(403, "this token may only read", "use one that may write")
