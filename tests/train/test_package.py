"""Model folders are put together from their parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models

from polyvox.encode import load_encoder
from polyvox.encode.manifest import read_manifest, verify_files
from polyvox.encode.static import save_tower
from polyvox.item import Modality
from polyvox.train.package import main, package

RECIPE = (
    '[model]\nname = "a"\nversion = "2"\n[text]\ndimension = 8\nmatryoshka = [8, 4]\n[text.sources]\nx = 1\n'
)


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    (tmp_path / "recipe.toml").write_text(RECIPE)
    tokenizer = Tokenizer(models.Unigram([("<unk>", -1.0), ("a", -1.0)], unk_id=0))
    save_tower(tmp_path / "text", np.ones((2, 8), np.float32), tokenizer.to_str())
    return tmp_path


def test_a_text_model(parts: Path) -> None:
    package(parts, parts / "text", parts / "model")
    verify_files(parts / "model")
    encoder = load_encoder(parts / "model", 4)
    assert encoder.card.modalities == {Modality.TEXT}
    assert encoder.encode_text(["a"]).shape == (1, 4)


def test_a_speech_part_is_added_in_place_and_changes_the_fingerprint(parts: Path) -> None:
    before = package(parts, parts / "text", parts / "model").fingerprint
    (parts / "speech.onnx").write_bytes(b"weights")
    package(parts, parts / "model", parts / "model", parts / "speech.onnx", 20.0)
    manifest = read_manifest(parts / "model")
    assert manifest.modalities == {Modality.TEXT, Modality.SPEECH}
    assert manifest.max_seconds == 20
    assert manifest.fingerprint != before
    verify_files(parts / "model")


def test_a_missing_part_is_reported(parts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main([str(parts), "--text", str(parts / "none"), "--into", str(parts / "model")])
    assert code == 1
    assert "cannot be read" in capsys.readouterr().err
    arguments = [
        "--text",
        str(parts / "text"),
        "--speech",
        str(parts / "no.onnx"),
        "--into",
        str(parts / "model"),
    ]
    assert main([str(parts), *arguments]) == 1
    assert "no.onnx: no such file" in capsys.readouterr().err
