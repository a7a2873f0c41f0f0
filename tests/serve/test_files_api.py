"""Uploading, the jobs that uploads become, and deleting."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.serve.running import QUESTION, SAMPLES, Server, hits_for

pytest.importorskip("fastapi", reason="needs the extra 'serve'")

from polyvox.item import Audio
from polyvox.serve.recordings import wav

NEWS = SAMPLES / "collection" / "tr" / "haberler.ogg"


def upload(server: Server, *files: tuple[str, bytes], **fields: str) -> dict[str, Any]:
    parts = [("files", (name, content)) for name, content in files]
    answer = server.client.post("/v1/files", files=parts, data=fields)
    assert answer.status_code == 202, answer.text
    return server.wait_for_job(answer.json()["job"]["id"])


def test_an_upload_is_indexed_found_played_and_deleted(server: Server) -> None:
    job = upload(
        server, ("lighthouse.txt", b"The lighthouse keeper painted the stairs."), ("n.ogg", NEWS.read_bytes())
    )
    assert (job["state"], job["problems"], job["files"]) == ("done", [], 2)
    assert job["done"] == job["total"] == 41 + NEWS.stat().st_size
    assert job["items"] >= 2
    hit = hits_for(server, "lighthouse keeper")[0]
    assert hit["file"] == "uploads/lighthouse.txt"
    spoken = next(
        hit for hit in hits_for(server, "x", modality="speech", limit=100) if hit["file"] == "uploads/n.ogg"
    )
    assert server.client.get(spoken["audio"]).content == NEWS.read_bytes()
    for name in ("uploads/lighthouse.txt", "uploads/n.ogg"):
        assert server.client.delete("/v1/files", params={"name": name}).json()["deleted"] >= 1
        assert server.client.delete("/v1/files", params={"name": name}).status_code == 404
    assert hits_for(server, "lighthouse", mode="lexical") == []
    assert list(server.index.with_name("harbour.index.serve").joinpath("uploads").iterdir()) == []


def test_the_same_name_twice_is_two_files_the_same_content_is_one(server: Server) -> None:
    upload(server, ("twin.txt", b"Pelicans nest on the pier."))
    again = upload(server, ("twin.txt", b"Pelicans nest on the pier."))
    other = upload(server, ("twin.txt", b"Cormorants dry their wings."))
    assert (again["items"], other["items"]) == (0, 1)
    files = {hit["file"] for hit in hits_for(server, "pelicans cormorants", mode="lexical")}
    assert files == {"uploads/twin.txt", "uploads/twin (2).txt"}
    for name in files:
        server.client.delete("/v1/files", params={"name": name})


def test_a_bad_file_is_named_and_the_rest_goes_on(server: Server) -> None:
    job = upload(
        server,
        ("broken.mp3", b"no sound"),
        ("empty.txt", b""),
        ("x.exe", b"MZ"),
        ("good.txt", b"Puffins."),
        language="en",
    )
    assert job["state"] == "done"
    assert {problem["file"] for problem in job["problems"]} == {"broken.mp3", "empty.txt", "x.exe"}
    assert job["items"] == 1
    (hit,) = hits_for(server, "puffins", mode="lexical")
    assert hit["language"] == "en"
    uploads = server.index.with_name("harbour.index.serve") / "uploads"
    assert [path.name for path in uploads.iterdir()] == ["good.txt"]
    server.client.delete("/v1/files", params={"name": "uploads/good.txt"})


def test_a_job_of_which_nothing_is_left_has_failed(server: Server) -> None:
    job = upload(server, ("broken.wav", b"RIFF"))
    assert job["state"] == "failed"
    answer = server.client.post("/v1/files", files=[("files", ("a.exe", b"MZ"))])
    assert answer.status_code == 415


def test_events_tell_progress_problems_and_the_end(server: Server) -> None:
    files = [("files", ("tern.txt", b"Terns dive.")), ("files", ("bad.mp3", b"?"))]
    job = server.client.post("/v1/files", files=files).json()["job"]
    with server.client.stream("GET", f"/v1/jobs/{job['id']}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        text = "".join(stream.iter_text())
    events = [block.split("\n", 1) for block in text.strip().split("\n\n") if not block.startswith(":")]
    names = [head.removeprefix("event: ") for head, _ in events]
    assert names[-1] == "done"
    assert names.count("done") == names.count("problem") == 1
    last = json.loads(events[-1][1].removeprefix("data: "))
    assert (last["state"], last["items"]) == ("done", 1)
    assert server.client.get("/v1/jobs/none/events").status_code == 404
    assert server.client.get("/v1/jobs").json()["jobs"][0]["id"] == job["id"]
    server.client.delete("/v1/files", params={"name": "uploads/tern.txt"})


def test_texts_are_indexed_and_replaced_by_id(server: Server) -> None:
    def add(*texts: dict[str, str]) -> dict[str, Any]:
        answer = server.client.post("/v1/texts", json={"texts": list(texts)})
        assert answer.status_code == 202, answer.text
        return server.wait_for_job(answer.json()["job"]["id"])

    assert add({"text": "Otters slide.", "id": "one"}, {"text": "Loutres.", "language": "fr"})["items"] == 2
    assert hits_for(server, "otters", mode="lexical")[0]["file"] == "text:one"
    add({"text": "Otters swim.", "id": "one"})
    assert [hit["text"] for hit in hits_for(server, "otters", mode="lexical")] == ["Otters swim."]
    (french,) = hits_for(server, "loutres", mode="lexical")
    assert french["language"] == "fr"
    assert server.client.delete(f"/v1/items/{french['id']}").json() == {"deleted": 1}
    assert server.client.delete(f"/v1/items/{french['id']}").status_code == 404
    assert server.client.delete("/v1/files", params={"name": "text:one"}).json() == {"deleted": 1}
    for bad in (
        [],
        [{"text": ""}],
        [{"text": " "}],
        [{"text": "a", "language": "?"}],
        [{"text": "a", "x": 1}],
    ):
        assert server.client.post("/v1/texts", json={"texts": bad}).status_code == 422


def test_too_many_files_and_too_large_ones(server: Server) -> None:
    many = [("files", (f"{number}.txt", b"a")) for number in range(61)]
    assert server.client.post("/v1/files", files=many).status_code == 413
    assert server.client.post("/v1/files", files=[("files", ("a.txt", b"a" * 22_000_000))]).status_code == 413
    assert server.client.post("/v1/files", data={"language": "en"}).status_code == 415
    nothing = server.client.post("/v1/files", files={"language": (None, b"en")})
    assert nothing.status_code == 422
    assert list((server.index.with_name("harbour.index.serve") / "incoming").iterdir()) == []


OFFICE = "http://schemas.openxmlformats.org"
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def docx_bomb() -> bytes:
    """A Word document of 0.4 MB with 50 million paragraphs: 300 MB of XML."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{OFFICE}/package/2006/content-types"><Default Extension="rels"'
            ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/d.xml" ContentType="{WORD_TYPE}"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{OFFICE}/package/2006/relationships"><Relationship Id="a"'
            f' Type="{OFFICE}/officeDocument/2006/relationships/officeDocument"'
            ' Target="d.xml"/></Relationships>',
        )
        with archive.open("d.xml", "w", force_zip64=True) as part:
            part.write(f'<w:document xmlns:w="{OFFICE}/wordprocessingml/2006/main"><w:body>'.encode())
            for _ in range(300):
                part.write(b"<w:p/>" * 166_667)
            part.write(b"</w:body></w:document>")
    return target.getvalue()


def long_flac() -> bytes:
    """Two minutes of digital silence in a few kilobytes of FLAC: constant frames, written by hand."""
    import av

    target = io.BytesIO()
    with av.open(target, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=8_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8_000 * 120), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return target.getvalue()


def test_a_recording_longer_than_allowed_is_refused_by_its_sound_not_by_its_header(server: Server) -> None:
    bomb = long_flac()
    assert len(bomb) < 100_000
    job = upload(server, ("silence.flac", bomb))
    assert "longer than 60 s" in job["problems"][0]["message"]
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    claims_hours = bytearray(wav(Audio(noise)))
    claims_hours[4:8] = claims_hours[40:44] = struct.pack("<I", 0x70000000)
    job = upload(server, ("claims.wav", bytes(claims_hours)))
    assert "truncated" in job["problems"][0]["message"]
    server.client.delete("/v1/files", params={"name": "uploads/claims.wav"})


@pytest.mark.slow
def test_a_document_that_explodes_is_stopped_and_the_server_lives(server: Server) -> None:
    bomb = docx_bomb()
    assert len(bomb) < 2_000_000
    job = upload(server, ("bomb.docx", bomb), ("after.txt", b"Gannets plunge."))
    assert {problem["file"] for problem in job["problems"]} == {"bomb.docx"}
    assert job["items"] == 1
    assert hits_for(server, "gannets", mode="lexical")
    server.client.delete("/v1/files", params={"name": "uploads/after.txt"})


def test_fifty_corrupted_recordings_leave_the_server_alive(server: Server) -> None:
    original = QUESTION.read_bytes()
    rng = np.random.default_rng(7)
    files = []
    for number in range(50):
        damaged = bytearray(original[: rng.integers(1, len(original))] if number % 2 else original)
        for place in rng.integers(0, len(damaged), rng.integers(1, 40)):
            damaged[place] = rng.integers(0, 256)
        files.append((f"damaged-{number}.{('ogg', 'mp3', 'wav', 'm4a', 'txt')[number % 5]}", bytes(damaged)))
    job = upload(server, *files)
    assert job["state"] in ("done", "failed")
    assert job["done"] == job["total"]
    for name, content in files[:10]:
        answer = server.client.post("/v1/search/audio", files={"file": (name, content)})
        assert answer.status_code in (200, 422), answer.text
    for path in (server.index.with_name("harbour.index.serve") / "uploads").iterdir():
        server.client.delete("/v1/files", params={"name": f"uploads/{path.name}"})
    assert hits_for(server, "fishermen", mode="lexical")


def test_leftovers_are_not_kept(server: Server) -> None:
    state: Path = server.index.with_name("harbour.index.serve")
    assert list((state / "incoming").iterdir()) == []
    assert list((state / "uploads").iterdir()) == []
