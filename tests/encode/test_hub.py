"""Other people's models, on a tiny random one of their kind."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from polyvox.encode import Encoder, ModalityError, Role, hub, load_encoder
from polyvox.encode.hub import HubEncoder
from polyvox.errors import MissingExtraError, PolyvoxError
from polyvox.item import Audio, Modality

WORDS = ["[UNK]", "red", "green", "blue", "query", "passage", ":"]


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = pytest.importorskip("sentence_transformers", reason="needs the extra 'hub'")
    modules = pytest.importorskip("sentence_transformers.sentence_transformer.modules")
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(
        models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token=WORDS[0])
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    weights = np.random.default_rng(0).normal(size=(len(WORDS), 8)).astype(np.float32)
    model = library.SentenceTransformer(
        modules=[modules.StaticEmbedding(tokenizer, embedding_weights=weights)],
        prompts={"query": "query: ", "document": "passage: "},
        device="cpu",
    )
    folder = tmp_path_factory.mktemp("hub") / "tiny"
    model.save(str(folder))
    return folder


def test_a_folder_becomes_an_encoder(model_folder: Path) -> None:
    encoder = load_encoder(model_folder)
    assert isinstance(encoder, HubEncoder)
    assert isinstance(encoder, Encoder)
    assert encoder.card.dimension == 8
    assert encoder.card.modalities == {Modality.TEXT}
    assert encoder.card.source == str(model_folder)
    vectors = encoder.encode_text(["red", "green blue"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors.dtype == np.float32


def test_what_decides_the_vectors_beside_the_weights_is_told(model_folder: Path) -> None:
    encoder = HubEncoder(str(model_folder))
    assert encoder.prompts == {"query": "query: ", "document": "passage: "}
    assert encoder.precision == "float32"
    assert encoder.max_length == ""


def test_a_row_does_not_depend_on_its_batch(model_folder: Path) -> None:
    encoder = load_encoder(model_folder)
    texts = ["red", "green blue red", "blue"]
    alone = np.concatenate([encoder.encode_text([text]) for text in texts])
    np.testing.assert_allclose(encoder.encode_text(texts), alone, atol=1e-6)


def test_the_prompts_of_the_two_roles_are_used(model_folder: Path) -> None:
    encoder = load_encoder(model_folder)
    as_passage = encoder.encode_text(["red"])
    np.testing.assert_array_equal(as_passage, encoder.encode_text(["red"], role=Role.PASSAGE))
    assert not np.allclose(as_passage, encoder.encode_text(["red"], role=Role.QUERY))


def test_a_shorter_vector_is_the_prefix_made_unit_length(model_folder: Path) -> None:
    full = load_encoder(model_folder).encode_text(["red"])[:, :4]
    short = load_encoder(model_folder, 4)
    np.testing.assert_allclose(short.encode_text(["red"]), full / np.linalg.norm(full), atol=1e-6)
    assert short.card.fingerprint != load_encoder(model_folder).card.fingerprint
    with pytest.raises(PolyvoxError, match="not among 1 to 8"):
        load_encoder(model_folder, 9)


def test_no_texts_give_no_rows(model_folder: Path) -> None:
    assert load_encoder(model_folder).encode_text([]).shape == (0, 8)


def test_speech_is_refused_by_a_text_model(model_folder: Path) -> None:
    with pytest.raises(ModalityError, match="encodes text, not speech"):
        load_encoder(model_folder).encode_speech([Audio(np.zeros(16, np.float32))])


class SpeechModel:
    """What HubEncoder uses of a multimodal sentence-transformers model."""

    modalities = ("text", "audio", "image")
    prompts: dict[str, str] = {}  # noqa: RUF012

    def get_embedding_dimension(self) -> int:
        return 2

    def modules(self) -> list[object]:
        return []

    def state_dict(self) -> dict[str, Any]:
        return {}

    def encode_document(self, inputs: Sequence[dict[str, Any]], **settings: object) -> Any:  # noqa: ANN401
        assert settings["normalize_embeddings"] is True
        assert {entry["sampling_rate"] for entry in inputs} == {16_000}
        return np.array([[len(entry["array"]), 0] for entry in inputs]) / 16


def test_recordings_are_handed_over_with_their_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polyvox.encode.hub._opened", lambda name: SpeechModel())
    encoder = HubEncoder("a-speech-model")
    assert encoder.card.modalities == {Modality.TEXT, Modality.SPEECH}
    assert encoder.card.max_seconds == 30
    vectors = encoder.encode_speech([Audio(np.zeros(16, np.float32))] * 2)
    np.testing.assert_array_equal(vectors, [[1, 0], [1, 0]])


def test_a_model_that_is_nowhere_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sentence_transformers", reason="needs the extra 'hub'")
    (tmp_path / "empty").mkdir()
    with pytest.raises(PolyvoxError, match=f"the model '{tmp_path / 'empty'}' cannot be opened"):
        load_encoder(tmp_path / "empty")


def test_a_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import_module = builtins.__import__

    def without_library(name: str, *arguments: Any, **settings: Any) -> Any:  # noqa: ANN401
        if name.startswith("sentence_transformers"):
            raise ImportError(name)
        return import_module(name, *arguments, **settings)

    monkeypatch.setattr(builtins, "__import__", without_library)
    with pytest.raises(MissingExtraError, match=r"polyvox\[hub\]"):
        HubEncoder("some/model")


def test_an_unknown_name_without_network_is_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sentence_transformers", reason="needs the extra 'hub'")
    monkeypatch.setattr("polyvox.encode.hub.hub_reachable", lambda: False)
    with pytest.raises(PolyvoxError, match="the model 'no-such-owner/no-such-model' cannot be opened"):
        load_encoder("no-such-owner/no-such-model")


@pytest.mark.parametrize("offline", [True, False])
def test_reaching_the_hub_takes_one_attempt(monkeypatch: pytest.MonkeyPatch, offline: bool) -> None:
    constants = pytest.importorskip("huggingface_hub", reason="needs the extra 'hub'").constants
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:1")
    assert hub.hub_reachable() is False
