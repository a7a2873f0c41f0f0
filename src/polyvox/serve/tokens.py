"""Who may read and who may write: bearer tokens."""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256
from pathlib import Path

from polyvox.errors import PolyvoxError

WRITE_VARIABLE = "POLYVOX_TOKEN"
READ_VARIABLE = "POLYVOX_READ_TOKEN"
SECRET_VARIABLES = frozenset({WRITE_VARIABLE, READ_VARIABLE})
SHORTEST = 16


class Role(IntEnum):
    """What a client may do; each role may do what the ones before it may."""

    NOBODY = 0
    READ = 1
    WRITE = 2


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a server, kept as digests, so that no log and no traceback can show one.

    >>> tokens = Tokens.of({"correct-horse-battery": Role.READ})
    >>> tokens.role("correct-horse-battery"), tokens.role("wrong")
    (<Role.READ: 1>, <Role.NOBODY: 0>)
    """

    digests: tuple[tuple[bytes, Role], ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, tokens: Mapping[str, Role]) -> Tokens:
        """Tokens and the role that each gives.

        Raises:
            PolyvoxError: a token is too short to be a secret.
        """
        for token in tokens:
            if len(token) < SHORTEST:
                raise PolyvoxError(f"a token must have at least {SHORTEST} characters; make a longer one")
        return cls(tuple((_digest(token), role) for token, role in tokens.items()))

    def __bool__(self) -> bool:
        return bool(self.digests)

    def role(self, token: str) -> Role:
        """The role that a token gives; takes the same time for every token."""
        given = _digest(token)
        found = Role.NOBODY
        for digest, role in self.digests:
            if hmac.compare_digest(digest, given):
                found = max(found, role)
        return found


def read_tokens(file: Path | None, environment: Mapping[str, str] | None = None) -> Tokens:
    """Tokens from a file and from the environment.

    A line of the file is a token that may write, or `read TOKEN` or `write TOKEN`; empty lines and lines
    that begin with `#` do not count.

    Raises:
        PolyvoxError: the file cannot be read, a line is not understood, or a token is too short.
    """
    environment = os.environ if environment is None else environment
    tokens: dict[str, Role] = {}
    for name, role in ((READ_VARIABLE, Role.READ), (WRITE_VARIABLE, Role.WRITE)):
        # Tools that keep secrets in files like to leave an end of line.
        if token := environment.get(name, "").strip():
            tokens[token] = role
    if file is not None:
        tokens |= _from_file(file)
        if not tokens:
            raise PolyvoxError(f"{file} holds no token; put one on a line of its own")
    return Tokens.of(tokens)


def _from_file(file: Path) -> dict[str, Role]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PolyvoxError(f"{file}: the tokens cannot be read ({error})") from error
    tokens: dict[str, Role] = {}
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        name = words[0].upper() if len(words) == 2 else "WRITE"
        if len(words) > 2 or name not in {"READ", "WRITE"}:
            raise PolyvoxError(f"{file}, line {number}: expected TOKEN, 'read TOKEN' or 'write TOKEN'")
        tokens[words[-1]] = Role[name]
    return tokens


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
