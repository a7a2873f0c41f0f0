"""Starting, stopping, being killed, and going on."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest
from tests.serve.running import SAMPLES, Server, copied, hits_for

pytest.importorskip("fastapi", reason="needs the extra 'serve'")

from polyvox.cli import main
from polyvox.cli.exits import Exit
from polyvox.index import Index

NEWS = sorted((SAMPLES / "collection").glob("*/*.ogg"))


def test_a_kill_in_the_middle_of_a_job_loses_nothing(made: Path, tmp_path: Path) -> None:
    index = copied(made, tmp_path)
    first = Server(index)
    files = [
        ("files", (f"{path.parent.name}-{number}.ogg", path.read_bytes())) for number, path in enumerate(NEWS)
    ]
    files.append(("files", ("last.txt", b"Kittiwakes call their own name.")))
    name = first.client.post("/v1/files", files=files).json()["job"]["id"]
    with first.client.stream("GET", f"/v1/jobs/{name}/events") as events:
        for line in events.iter_lines():
            if '"items": ' in line and '"items": 0' not in line:
                break
    before = first.client.get("/health").json()["items"]
    assert first.stop(signal.SIGKILL) == -signal.SIGKILL

    second = Server(index)
    try:
        assert second.client.get("/health").json()["items"] >= before
        job = second.wait_for_job(name)
        assert (job["state"], job["problems"]) == ("done", [])
        assert hits_for(second, "kittiwakes", mode="lexical")[0]["file"] == "uploads/last.txt"
        found = {hit["file"] for hit in hits_for(second, "x", modality="speech", limit=100)}
        assert len([name for name in found if name.startswith("uploads/")]) == len(NEWS)
    finally:
        second.stop()
    opened = Index.open(index)
    assert opened.verify()
    plain = copied(made, tmp_path / "plain")
    Index.open(plain).add_files(NEWS)
    assert len(opened) == len(Index.open(plain)) + 1


def test_a_stop_is_prompt_and_frees_the_folder(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = copied(made, tmp_path)
    running = Server(index)
    assert main(["serve", str(index), "--port", "0"]) == Exit.FAILED
    assert "another server" in capsys.readouterr().err
    assert main(["serve", str(index), "--port", str(running.port), "--read-only"]) == Exit.FAILED
    assert "in use" in capsys.readouterr().err
    assert running.stop(signal.SIGINT) == Exit.DONE
    again = Server(index)
    assert again.stop() == -signal.SIGTERM
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", again.port), timeout=2)


def test_an_index_is_made_when_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = tmp_path / "new.index"
    assert main(["serve", str(index)]) == Exit.FAILED
    assert "polyvox index" in capsys.readouterr().err
    running = Server(index, "--create")
    try:
        assert running.client.get("/health").json()["items"] == 0
        assert hits_for(running, "anything") == []
        assert running.client.get("/v1/map").json()["points"] == []
    finally:
        running.stop()


def test_searches_run_while_the_index_grows(made: Path, tmp_path: Path) -> None:
    running = Server(copied(made, tmp_path), "--rate", "0")
    try:
        texts = [{"text": f"Heron number {number} stands still."} for number in range(3_000)]
        name = running.client.post("/v1/texts", json={"texts": texts}).json()["job"]["id"]
        counts = []
        while running.client.get(f"/v1/jobs/{name}").json()["state"] not in ("done", "failed"):
            assert hits_for(running, "fishermen", mode="lexical")
            counts.append(running.client.get("/health").json()["items"])
        assert counts == sorted(counts)
        assert running.wait_for_job(name)["items"] == 3_000
        assert len(hits_for(running, "heron", limit=100)) == 100
    finally:
        running.stop()
