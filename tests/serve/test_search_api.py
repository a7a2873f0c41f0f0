"""Searching through the API, by text and by voice."""

from __future__ import annotations

import numpy as np
import pytest
from tests.serve.running import QUESTION, Server, hits_for

pytest.importorskip("fastapi", reason="needs the extra 'serve'")

from polyvox.item import Audio
from polyvox.serve.recordings import wav


def test_a_typed_question_finds_its_text_with_the_words_marked(server: Server) -> None:
    hit = hits_for(server, "fish harbour")[0]
    assert hit["text"] == "The fishermen sell fish at the harbour."
    assert [hit["text"][start:end] for start, end in hit["highlights"]] == ["fish", "harbour"]
    assert (hit["file"], hit["language"], hit["modality"], hit["rank"]) == ("en/notes.txt", "en", "text", 1)
    assert hit["page"] == "line 1"
    assert hit["audio"] is None and hit["peaks"] is None


def test_no_name_tells_where_the_collection_lies(server: Server) -> None:
    for hit in hits_for(server, "honey", limit=100):
        assert not hit["file"].startswith("/") and ".." not in hit["file"]


def test_pages_continue_each_other(server: Server) -> None:
    whole = hits_for(server, "fish", limit=4, mode="dense")
    first = server.client.post("/v1/search", json={"query": "fish", "limit": 2, "mode": "dense"}).json()
    second = server.client.post(
        "/v1/search", json={"query": "fish", "limit": 2, "offset": 2, "mode": "dense"}
    ).json()
    assert [hit["id"] for hit in first["hits"] + second["hits"]] == [hit["id"] for hit in whole]
    assert [hit["rank"] for hit in second["hits"]] == [3, 4]
    assert first["more"]
    beyond = server.client.post("/v1/search", json={"query": "fish", "offset": 800}).json()
    assert (beyond["hits"], beyond["more"]) == ([], False)


def test_filters(server: Server) -> None:
    assert {hit["language"] for hit in hits_for(server, "fish", language=["pt"], limit=50)} == {"pt-BR"}
    both = hits_for(server, "fish", language=["pt", "en"], limit=50)
    assert {hit["language"] for hit in both} == {"pt-BR", "en"}
    assert {hit["modality"] for hit in hits_for(server, "fish", modality="speech")} == {"speech"}
    assert hits_for(server, "fishermen", mode="lexical")[0]["text"].startswith("The fishermen")
    assert hits_for(server, "zzzz", mode="lexical") == []


def test_a_voice_finds_recordings_and_texts(server: Server) -> None:
    with QUESTION.open("rb") as file:
        answer = server.client.post("/v1/search/audio", files={"file": ("q.ogg", file)}, data={"limit": "4"})
    assert answer.status_code == 200
    found = answer.json()
    assert {hit["modality"] for hit in found["hits"]} == {"speech", "text"}
    assert found["query"] == {"text": None, "seconds": pytest.approx(1.06, abs=0.05)}


def test_a_voice_takes_the_same_fields(server: Server) -> None:
    files = {"file": ("q.ogg", QUESTION.read_bytes())}
    fields = {"modality": "text", "language": ["pt", "en"], "limit": "1"}
    (hit,) = server.client.post("/v1/search/audio", files=files, data=fields).json()["hits"]
    assert hit["modality"] == "text"


def test_a_voice_may_name_its_language(server: Server) -> None:
    def ask(**fields: str) -> dict[str, float]:
        files = {"file": ("q.ogg", QUESTION.read_bytes())}
        answer = server.client.post(
            "/v1/search/audio", files=files, data={"limit": "50", "modality": "text", **fields}
        )
        assert answer.status_code == 200
        return {hit["id"]: hit["score"] for hit in answer.json()["hits"]}

    assert ask(spoken="en") != ask()
    assert ask(spoken="en,sw").keys() == ask().keys()
    files = {"file": ("q.ogg", QUESTION.read_bytes())}
    many = server.client.post("/v1/search/audio", files=files, data={"spoken": "en,sw,de,fr"})
    assert many.status_code == 422
    refused = server.client.post("/v1/search/audio", files=files, data={"spoken": "not a tag"})
    assert refused.status_code == 422
    assert server.client.post("/v1/search", json={"query": "fish", "spoken": ["en"]}).status_code == 422


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"query": ""}, "query"),
        ({"query": "   "}, "empty"),
        ({"query": "a", "limit": 101}, "limit"),
        ({"query": "a", "limit": 0}, "limit"),
        ({"query": "a", "offset": -1}, "offset"),
        ({"query": "a", "language": ["not a tag"]}, "not a tag"),
        ({"query": "a", "modality": "smell"}, "modality"),
        ({"query": "a", "mode": "magic"}, "mode"),
        ({"query": "a", "colour": "red"}, "colour"),
        ({"query": "a" * 5000}, "query"),
        ({}, "query"),
    ],
)
def test_a_bad_search_is_refused_in_words(server: Server, body: dict[str, object], told: str) -> None:
    answer = server.client.post("/v1/search", json=body)
    assert answer.status_code == 422
    assert told in answer.json()["error"]["message"]


def test_json_that_is_none_and_other_types(server: Server) -> None:
    headers = {"Content-Type": "application/json"}
    assert server.client.post("/v1/search", content=b"{", headers=headers).status_code == 422
    plain = server.client.post(
        "/v1/search", content=b'{"query": "a"}', headers={"Content-Type": "text/plain"}
    )
    assert plain.status_code == 415
    assert plain.json()["error"]["hint"]


def test_odd_texts_are_searched_or_refused_but_break_nothing(server: Server) -> None:
    for query in ("\x00", "'; DROP TABLE items; --", '"', "\\", "🎣" * 500, "\u202e", "a OR (", "*"):
        assert server.client.post("/v1/search", json={"query": query}).status_code == 200, query
    lone = server.client.post(
        "/v1/search", content=b'{"query": "\\ud800 fish"}', headers={"Content-Type": "application/json"}
    )
    assert lone.status_code == 422


@pytest.mark.parametrize(
    ("content", "status", "told"),
    [
        (b"this is no sound", 422, "decoded"),
        (b"", 422, ""),
        (wav(Audio(np.zeros(16_000, np.float32))), 422, "silence"),
        (wav(Audio(np.random.default_rng(0).normal(0, 0.1, 62 * 16_000).astype(np.float32))), 422, "60 s"),
    ],
)
def test_a_bad_recording_is_refused_in_words(server: Server, content: bytes, status: int, told: str) -> None:
    answer = server.client.post("/v1/search/audio", files={"file": ("q.wav", content)})
    assert answer.status_code == status
    assert told in answer.json()["error"]["message"]


def test_a_voice_has_no_words(server: Server) -> None:
    files = {"file": ("q.ogg", QUESTION.read_bytes())}
    answer = server.client.post("/v1/search/audio", files=files, data={"mode": "lexical"})
    assert answer.status_code == 422
    assert (
        server.client.post("/v1/search/audio", data={"limit": "1"}, files={"x": ("", b"")}).status_code == 422
    )
    assert server.client.post("/v1/search/audio", content=b"abc").status_code == 415
