"""Tokens: where they come from and what they give."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="needs the extra 'serve'")

from polyvox.errors import PolyvoxError
from polyvox.serve.settings import Limits, Settings
from polyvox.serve.tokens import Role, Tokens, read_tokens

LONG, LONGER = "a-long-enough-token", "another-long-enough-token"


def test_a_file_and_the_environment_together(tmp_path: Path) -> None:
    file = tmp_path / "tokens.txt"
    file.write_text(f"# comment\n\nread {LONG}\n")
    tokens = read_tokens(file, {"POLYVOX_TOKEN": f"{LONGER}\n"})
    assert (tokens.role(LONG), tokens.role(LONGER)) == (Role.READ, Role.WRITE)
    assert tokens.role("") is tokens.role(LONG + " ") is Role.NOBODY
    assert LONG not in repr(tokens)


@pytest.mark.parametrize("content", ["", "# nothing\n", "short\n", f"admin {LONG}\n", f"read {LONG} extra\n"])
def test_a_bad_file_is_an_error_that_shows_no_token(tmp_path: Path, content: str) -> None:
    file = tmp_path / "tokens.txt"
    file.write_text(content)
    with pytest.raises(PolyvoxError) as error:
        read_tokens(file, {})
    assert LONG not in str(error.value)


def test_only_this_machine_goes_without_a_token(tmp_path: Path) -> None:
    for host in ("127.0.0.1", "127.0.0.2", "::1", "localhost"):
        assert Settings(tmp_path, host).host == host
    for host in ("0.0.0.0", "::", "192.168.1.2", "harbour.example"):  # noqa: S104
        with pytest.raises(PolyvoxError, match="token"):
            Settings(tmp_path, host)
        assert Settings(tmp_path, host, tokens=Tokens.of({LONG: Role.READ}))


def test_limits_must_make_sense() -> None:
    with pytest.raises(ValueError, match="upload_files must be at least 1"):
        Limits(upload_files=0)
    with pytest.raises(ValueError, match="rate must be at least 0"):
        Limits(rate=float("nan"))
    assert Limits(rate=0).rate == 0


@pytest.mark.parametrize("port", [-1, 65_536, 99_999])
def test_a_port_that_is_none_is_not_taken_for_another(tmp_path: Path, port: int) -> None:
    with pytest.raises(PolyvoxError, match=f"no port {port}"):
        Settings(tmp_path, port=port)
