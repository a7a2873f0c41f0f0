"""Light models: a folder with `model.json`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from polyvox.encode import Encoder, ModalityError, load_encoder
from polyvox.encode.manifest import Manifest, file_hashes, verify_files, write_manifest
from polyvox.encode.static import SCALES_FILE, TABLE_FILE, TOKENIZER_FILE, save_tower
from polyvox.errors import PolyvoxError
from polyvox.item import Audio, Modality

FILES = [TABLE_FILE, SCALES_FILE, TOKENIZER_FILE]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tokenizer = Tokenizer(models.Unigram([(word, -1.0) for word in ("<unk>", "red", "green")], unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    table = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
    save_tower(tmp_path, table, tokenizer.to_str())
    manifest = Manifest(
        name="tiny",
        version="1",
        dimension=8,
        matryoshka=(8, 4),
        modalities=frozenset({Modality.TEXT}),
        files=file_hashes(tmp_path, FILES),
        licence="Apache-2.0",
        training_data=("none",),
    )
    write_manifest(tmp_path, manifest)
    return tmp_path


def test_a_folder_is_an_encoder(folder: Path) -> None:
    encoder = load_encoder(folder)
    assert isinstance(encoder, Encoder)
    assert encoder.card.name == "tiny"
    assert encoder.card.source == str(folder)
    assert encoder.card.modalities == {Modality.TEXT}
    assert encoder.encode_text(["red", "green"]).shape == (2, 8)
    assert encoder.encode_text([]).shape == (0, 8)


def test_a_shorter_vector_is_the_prefix_made_unit_length(folder: Path) -> None:
    full = load_encoder(folder).encode_text(["red green"])[0, :4]
    short = load_encoder(folder, 4).encode_text(["red green"])[0]
    np.testing.assert_allclose(short, full / np.linalg.norm(full), atol=1e-6)


def test_widths_are_different_spaces(folder: Path) -> None:
    assert load_encoder(folder).card.fingerprint != load_encoder(folder, 4).card.fingerprint
    assert load_encoder(folder).card.fingerprint == load_encoder(folder, 8).card.fingerprint


def test_another_width_is_refused_with_the_right_ones(folder: Path) -> None:
    with pytest.raises(PolyvoxError, match="choose one of 4, 8"):
        load_encoder(folder, 5)


def test_speech_is_refused_without_a_speech_part(folder: Path) -> None:
    with pytest.raises(ModalityError, match="'tiny' encodes text, not speech"):
        load_encoder(folder).encode_speech([Audio(np.zeros(16_000, np.float32))])


def test_the_fingerprint_follows_the_files(folder: Path) -> None:
    before = load_encoder(folder).card.fingerprint
    content = json.loads((folder / "model.json").read_text())
    content["files"][TABLE_FILE] = "0" * 64
    (folder / "model.json").write_text(json.dumps(content))
    assert load_encoder(folder).card.fingerprint != before
    with pytest.raises(PolyvoxError, match=f"{TABLE_FILE}: differs"):
        verify_files(folder)


def test_verification_passes_and_misses_nothing(folder: Path) -> None:
    verify_files(folder)
    (folder / SCALES_FILE).unlink()
    with pytest.raises(PolyvoxError, match=f"{SCALES_FILE}: missing"):
        verify_files(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a polyvox model"),
        ("[]", "not a polyvox model"),
        ('{"name": "a"}', "'version' is missing"),
    ],
)
def test_a_broken_manifest_is_named(folder: Path, content: str, message: str) -> None:
    (folder / "model.json").write_text(content)
    with pytest.raises(PolyvoxError, match=message):
        load_encoder(folder)


def test_the_model_that_comes_along() -> None:
    encoder = load_encoder()
    assert encoder.card.dimension == 256
    for width in (256, 128, 64, 32):
        vectors = load_encoder(dimension=width).encode_text(
            ["Where is the library?", "¿Dónde está la biblioteca?", "I like dogs."]
        )
        assert vectors.shape == (3, width)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_a_model_folder_that_is_not_there_is_named() -> None:
    with pytest.raises(PolyvoxError, match="no-such-model: there is no such model folder"):
        load_encoder("./no-such-model")
