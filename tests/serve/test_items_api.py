"""Items, their recordings with ranges, their waveforms, and the map."""

from __future__ import annotations

import io
import shutil
import wave
from pathlib import Path
from typing import Any

import pytest
from tests.serve.running import Server, hits_for

pytest.importorskip("fastapi", reason="needs the extra 'serve'")


def speech(server: Server, suffix: str) -> dict[str, Any]:
    found = [
        hit
        for hit in hits_for(server, "news", modality="speech", limit=100)
        if str(hit["file"]).endswith(suffix)
    ]
    if not found:
        pytest.skip(f"needs ffmpeg to make a file that ends with {suffix}")
    return max(found, key=lambda hit: hit["start"])


def test_an_item_is_its_hit(server: Server) -> None:
    hit = hits_for(server, "honey")[0]
    item = server.client.get(f"/v1/items/{hit['id']}").json()
    assert (item["text"], item["file"], item["position"]) == ("The bees gave honey.", "en/notes.txt", 1)
    assert server.client.get("/v1/items/0000").status_code == 404
    assert server.client.get("/v1/items/' OR 1=1 --").status_code == 404


def test_a_recording_is_streamed_whole_and_in_ranges(server: Server, folder: Path) -> None:
    hit = speech(server, ".ogg")
    original = (folder / "taarifa.ogg").read_bytes()
    whole = server.client.get(hit["audio"])
    assert whole.status_code == 200
    assert whole.content == original
    assert whole.headers["content-type"] == "audio/ogg"
    assert whole.headers["accept-ranges"] == "bytes"
    assert hit["audio_start"] == 0
    size = len(original)
    for asked, start, end in (
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, size),
        ("bytes=-50", size - 50, size),
        (f"bytes=10-{size * 2}", 10, size),
    ):
        part = server.client.get(hit["audio"], headers={"Range": asked})
        assert part.status_code == 206
        assert part.content == original[start:end]
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"


def test_ranges_that_cannot_be(server: Server) -> None:
    hit = speech(server, ".ogg")
    outside = server.client.get(hit["audio"], headers={"Range": "bytes=99999999-"})
    assert outside.status_code == 416
    assert outside.headers["content-range"].startswith("bytes */")
    for nonsense in ("bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6"):
        assert server.client.get(hit["audio"], headers={"Range": nonsense}).status_code == 200


def test_a_changed_recording_is_not_mixed_with_the_old_one(server: Server) -> None:
    hit = speech(server, ".ogg")
    tag = server.client.get(hit["audio"]).headers["etag"]
    assert server.client.get(hit["audio"], headers={"If-None-Match": tag}).status_code == 304
    same = server.client.get(hit["audio"], headers={"Range": "bytes=0-9", "If-Range": tag})
    other = server.client.get(hit["audio"], headers={"Range": "bytes=0-9", "If-Range": '"old"'})
    assert (same.status_code, other.status_code) == (206, 200)


def test_what_browsers_cannot_play_comes_as_an_excerpt(server: Server) -> None:
    hit = speech(server, ".wv")
    answer = server.client.get(hit["audio"])
    assert answer.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(answer.content)) as sound:
        seconds = sound.getnframes() / sound.getframerate()
    assert hit["audio_start"] == pytest.approx(hit["start"] - 1, abs=0.01)
    assert hit["end"] - hit["start"] + 1 < seconds <= hit["end"] - hit["start"] + 2.01
    part = server.client.get(hit["audio"], headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"RIFF")


def test_the_waveform_of_a_hit(server: Server) -> None:
    hit = speech(server, ".ogg")
    found = server.client.get(hit["peaks"], params={"buckets": 50}).json()
    assert (found["start"], found["end"]) == (hit["start"], hit["end"])
    assert len(found["peaks"]) == 50
    assert 0.05 < max(found["peaks"]) <= 1
    assert server.client.get(hit["peaks"], params={"buckets": 0}).status_code == 422
    text = hits_for(server, "honey")[0]
    assert server.client.get(f"/v1/items/{text['id']}/audio").status_code == 404
    assert server.client.get(f"/v1/items/{text['id']}/peaks").json()["error"]["code"] == "no_recording"


def test_the_map_is_the_same_every_time(server: Server) -> None:
    first, second = (server.client.get("/v1/map", params={"limit": 50}).json() for _ in range(2))
    assert first == second
    assert first["method"] == "pca"
    assert 0 < first["explained"][1] <= first["explained"][0] <= 1
    assert all(-1 <= point[axis] <= 1 for point in first["points"] for axis in "xy")
    assert {point["modality"] for point in first["points"]} == {"text", "speech"}
    assert len(server.client.get("/v1/map", params={"limit": 3}).json()["points"]) == 3
    assert server.client.get("/v1/map", params={"limit": 0}).status_code == 422


def test_a_file_that_was_replaced_is_not_streamed(folder: Path, tmp_path: Path) -> None:
    """Not even when a link leads to it: only what was indexed goes out."""
    from polyvox.index import Index

    source = tmp_path / "source"
    source.mkdir()
    recording = source / "taarifa.ogg"
    shutil.copy(folder / "taarifa.ogg", recording)
    index = tmp_path / "own.index"
    Index.open_or_create(index).add_files([source])
    secret = tmp_path / "secret.ogg"
    secret.write_bytes(b"OggS" + bytes(24) + b"OpusHead secret")
    running = Server(index)
    try:
        hit = hits_for(running, "news")[0]
        assert running.client.get(hit["audio"]).status_code == 200
        recording.unlink()
        assert running.client.get(hit["audio"]).status_code == 404
        recording.symlink_to(secret)
        gone = running.client.get(hit["audio"])
        assert gone.status_code == 404
        assert gone.json()["error"]["code"] == "recording_gone"
    finally:
        assert running.stop() in (0, -15)
