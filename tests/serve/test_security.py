"""What strangers may not do."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.serve.running import READ_TOKEN, WRITE_TOKEN, Server

pytest.importorskip("fastapi", reason="needs the extra 'serve'")

from polyvox.cli import main
from polyvox.cli.exits import Exit

httpx = pytest.importorskip("httpx", reason="needs the extra 'dev'")


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_other_addresses_need_a_token(tmp_path: Path, made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", str(made), "--host", "0.0.0.0"]) == Exit.FAILED  # noqa: S104
    assert "token" in capsys.readouterr().err
    short = tmp_path / "short.txt"
    short.write_text("hunter2\n")
    assert main(["serve", str(made), "--token-file", str(short)]) == Exit.FAILED
    assert "hunter2" not in capsys.readouterr().err


def test_roles(guarded: Server) -> None:
    ask = guarded.client
    assert ask.get("/health").status_code == 200
    nobody = ask.get("/v1/collection")
    assert nobody.status_code == 401
    assert nobody.headers["www-authenticate"] == "Bearer"
    assert ask.post("/v1/search", json={"query": "fish"}).status_code == 401
    assert ask.get("/metrics").status_code == 401
    assert ask.get("/openapi.json").status_code == 401
    reader, writer = bearer(READ_TOKEN), bearer(WRITE_TOKEN)
    assert ask.post("/v1/search", json={"query": "fish"}, headers=reader).status_code == 200
    assert ask.get("/v1/collection", headers=reader).json()["writable"] is False
    assert ask.get("/v1/collection", headers=writer).json()["writable"] is True
    assert ask.post("/v1/texts", json={"texts": [{"text": "a"}]}, headers=reader).status_code == 403
    assert ask.delete("/v1/items/00", headers=reader).status_code == 403
    assert ask.delete("/v1/items/00", headers=writer).status_code == 404


@pytest.mark.parametrize("value", ["Bearer x", "Basic " + WRITE_TOKEN, WRITE_TOKEN, "Bearer \xff"])
def test_wrong_tokens(guarded: Server, value: str) -> None:
    headers = [(b"Authorization", value.encode("latin-1"))]
    assert guarded.client.get("/v1/collection", headers=headers).status_code in (401, 429)


def test_a_session_is_a_cookie_for_this_site_only(guarded: Server) -> None:
    with httpx.Client(base_url=guarded.url) as browser:
        answer = browser.post("/v1/session", json={"token": READ_TOKEN})
        assert answer.json() == {"role": "read"}
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie and "path=/" in cookie
        assert READ_TOKEN not in cookie
        assert browser.get("/v1/collection").status_code == 200
        assert browser.get("/v1/session").json() == {"role": "read"}
        assert browser.delete("/v1/items/00").status_code == 403
        kept = dict(browser.cookies)
        assert browser.delete("/v1/session").status_code == 204
        assert httpx.get(f"{guarded.url}/v1/collection", cookies=kept).status_code == 401


def test_the_cookie_is_secure_behind_a_proxy_that_speaks_https(guarded: Server) -> None:
    headers = {"Host": "harbour.example", "Origin": "https://harbour.example"}
    answer = guarded.client.post("/v1/session", json={"token": READ_TOKEN}, headers=headers)
    assert answer.status_code == 200
    assert "; secure" in answer.headers["set-cookie"].lower()
    plain = guarded.client.post("/v1/session", json={"token": READ_TOKEN})
    assert "; secure" not in plain.headers["set-cookie"].lower()
    guarded.client.cookies.clear()


def test_guessing_is_limited(made: Path, tmp_path: Path) -> None:
    from tests.serve.running import copied

    running = Server(copied(made, tmp_path), environment={"POLYVOX_TOKEN": WRITE_TOKEN})
    try:
        codes = [
            running.client.post("/v1/session", json={"token": f"guess {n}"}).status_code for n in range(20)
        ]
        assert codes[0] == 401
        assert codes[-1] == 429
        blocked = running.client.get("/v1/collection", headers=bearer("another guess"))
        assert blocked.status_code == 429
        assert int(blocked.headers["retry-after"]) >= 1
        assert running.client.get("/v1/collection", headers=bearer(WRITE_TOKEN)).status_code == 200
        assert WRITE_TOKEN not in running.log.read_text()
    finally:
        running.stop()


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 403),
        ("", 403),
        ("127.0.0.1.evil.example", 403),
        ("a@127.0.0.1", 403),
        ("8.8.8.8", 403),
    ],
)
def test_rebound_names_are_refused(server: Server, host: str, status: int) -> None:
    answer = server.client.get("/v1/collection", headers={"Host": host})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, "unknown_host")


def test_our_own_names_are_not(server: Server, guarded: Server) -> None:
    for host in (f"localhost:{server.port}", f"127.0.0.1:{server.port}", f"[::1]:{server.port}", "LocalHost"):
        assert server.client.get("/health", headers={"Host": host}).status_code == 200
    for host in ("harbour.example", "192.168.1.7:8765"):
        assert guarded.client.get("/health", headers={"Host": host}).status_code == 200
    assert guarded.client.get("/health", headers={"Host": "evil.example"}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_other_sites_cannot_write(server: Server, headers: dict[str, str]) -> None:
    answer = server.client.post("/v1/texts", json={"texts": [{"text": "forged"}]}, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "cross_origin")


def test_the_page_itself_can(server: Server) -> None:
    headers = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    assert server.client.post("/v1/search", json={"query": "fish"}, headers=headers).status_code == 200


def test_every_answer_carries_the_security_headers(server: Server) -> None:
    answers = [
        server.client.get("/"),
        server.client.get("/health"),
        server.client.get("/nowhere"),
        server.client.post("/v1/search", json={}),
        server.client.get("/health", headers={"Host": "evil.example"}),
    ]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["permissions-policy"].startswith("microphone=(self)")
        assert "access-control-allow-origin" not in answer.headers
        assert "server" not in answer.headers
    preflight = server.client.request(
        "OPTIONS",
        "/v1/search",
        headers={"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"},
    )
    assert preflight.status_code in (403, 405)
    assert "access-control-allow-origin" not in preflight.headers


def test_names_of_uploads_cannot_lead_out(server: Server) -> None:
    names = [
        "../../evil.txt",
        "..\\..\\evil2.txt",
        "/etc/cron.d/evil3.txt",
        ".hidden.txt",
        "a\x00b.txt",
        "C:evil4.txt",
        "x" * 300 + ".txt",
    ]
    files = [("files", (name, b"Storm petrels.")) for name in names]
    job = server.wait_for_job(server.client.post("/v1/files", files=files).json()["job"]["id"])
    assert job["problems"] == []
    state = server.index.with_name("harbour.index.serve")
    stored = sorted((state / "uploads").iterdir())
    assert stored
    assert all(path.parent == state / "uploads" and len(path.name.encode()) < 200 for path in stored)
    assert not list(state.parent.glob("evil*")) and not list(state.glob("evil*"))
    for path in stored:
        assert server.client.delete("/v1/files", params={"name": f"uploads/{path.name}"}).status_code == 200


def test_deleting_a_file_by_name_never_touches_other_files(server: Server, folder: Path) -> None:
    for name in ("../harbour.index/index.json", "/etc/passwd", "uploads/../../x", "..", "index.json"):
        assert server.client.delete("/v1/files", params={"name": name}).status_code == 404
    assert (folder / "taarifa.ogg").exists()


def test_no_stack_traces_and_no_other_methods(server: Server) -> None:
    for method, path in (
        ("PUT", "/v1/search"),
        ("PATCH", "/v1/items/1"),
        ("TRACE", "/"),
        ("DELETE", "/health"),
    ):
        answer = server.client.request(method, path)
        assert answer.status_code == 405, (method, path)
        assert "Traceback" not in answer.text
    assert server.client.get("/v1/search/").status_code == 404


def test_read_only(made: Path, tmp_path: Path) -> None:
    from tests.serve.running import copied, hits_for

    index = copied(made, tmp_path)
    running = Server(index, "--read-only")
    try:
        assert hits_for(running, "fish")
        assert running.client.get("/v1/collection").json()["writable"] is False
        answer = running.client.post("/v1/texts", json={"texts": [{"text": "a"}]})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "read_only")
        assert not index.with_name("harbour.index.serve").exists()
        second = Server(index, "--read-only")
        second.stop()
    finally:
        running.stop()
