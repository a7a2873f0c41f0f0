"""Vectors through the API, in the shape of OpenAI's."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from tests.serve.running import QUESTION, Server

pytest.importorskip("fastapi", reason="needs the extra 'serve'")

from polyvox.encode import load_encoder
from polyvox.read import load_audio


def test_vectors_are_the_models_own(server: Server) -> None:
    body = {"input": ["fish", "bread"], "model": "default"}
    found = server.client.post("/v1/embeddings", json=body).json()
    assert found["object"] == "list"
    assert [one["index"] for one in found["data"]] == [0, 1]
    expected = load_encoder().encode_text(["fish", "bread"])
    assert np.allclose([one["embedding"] for one in found["data"]], expected, atol=1e-6)
    (one,) = server.client.post("/v1/embeddings", json={"input": "bread"}).json()["data"]
    assert np.allclose(one["embedding"], expected[1], atol=1e-6)


def test_base64_and_shorter_vectors(server: Server) -> None:
    body = {"input": "fish", "encoding_format": "base64", "dimensions": 64}
    (one,) = server.client.post("/v1/embeddings", json=body).json()["data"]
    vector = np.frombuffer(base64.b64decode(one["embedding"]), "<f4")
    assert np.allclose(vector, load_encoder(dimension=64).encode_text(["fish"])[0], atol=1e-6)


def test_recordings(server: Server) -> None:
    files = [("files", ("a.ogg", QUESTION.read_bytes()))] * 2
    found = server.client.post("/v1/embeddings/audio", files=files, data={"dimensions": "32"}).json()
    expected = load_encoder(dimension=32).encode_speech([load_audio(QUESTION)])[0]
    assert len(found["data"]) == 2
    assert np.allclose(found["data"][1]["embedding"], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"input": "a", "model": "gpt-4"}, 404),
        ({"input": "a", "dimensions": 65}, 422),
        ({"input": []}, 422),
        ({"input": [1, 2]}, 422),
        ({"input": ["a"] * 2049}, 422),
        ({}, 422),
        ({"input": "a", "encoding_format": "hex"}, 422),
    ],
)
def test_bad_requests(server: Server, body: dict[str, object], status: int) -> None:
    answer = server.client.post("/v1/embeddings", json=body)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_a_bad_recording_has_no_vector(server: Server) -> None:
    answer = server.client.post("/v1/embeddings/audio", files={"files": ("a.ogg", b"no")})
    assert answer.status_code == 422
    fields = {"encoding_format": "hex"}
    good = {"files": ("a.ogg", QUESTION.read_bytes())}
    assert server.client.post("/v1/embeddings/audio", files=good, data=fields).status_code == 422
