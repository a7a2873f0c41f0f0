from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.modules.tiny_nllb import save_tiny_nllb
from tests.train.sonar.tiny import data, recipe, sentence
from tests.train.sonar.tiny_wav2vec2_bert import save_tiny_wav2vec2_bert

from polyvox.encode import load_encoder
from polyvox.errors import PolyvoxError
from polyvox.item import Audio, Item
from polyvox.modules.bottleneck import open_bottleneck
from polyvox.modules.space import open_space
from polyvox.train.kinds import Order, carry_out


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return data(tmp_path_factory.mktemp("sonar") / "data")


@pytest.fixture(scope="module")
def whole(folder: Path) -> Path:
    out = folder.parent / "whole"
    stages = ("decoder", "contrast", "hard", "extend", "extend-2", "speech", "spectrum")
    assert carry_out(Order(recipe(folder.parent / "recipe", *stages), folder, out)) == 0
    return out


def test_every_stage_is_measured_and_in_the_table(whole: Path) -> None:
    table = (whole / "table.md").read_text(encoding="utf-8")
    for stage in ("begin", "translate", "decoder", "contrast", "hard", "extend", "extend-2"):
        assert f"\n| {stage} | " in table
        figures = json.loads((whole / stage / "figures.json").read_text(encoding="utf-8"))
        for found in figures["mining"]["tatoeba"].values():
            assert 0 <= found["xsim"] <= found["xsim++"] <= 1
    assert "Spectrum" in table
    for beside in ("shuffled", "pooled by mean", "pooled by max"):
        assert f"fr, {beside}" in table


def test_a_finished_run_is_not_trained_again(folder: Path, whole: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in whole.glob("*/figures.json")}
    stages = ("decoder", "contrast", "hard", "extend", "extend-2", "speech", "spectrum")
    carry_out(Order(recipe(folder.parent / "recipe", *stages), folder, whole))
    assert {path: path.stat().st_mtime_ns for path in whole.glob("*/figures.json")} == before


def test_a_frozen_extension_moves_no_old_vector(whole: Path) -> None:
    figures = json.loads((whole / "extend-2" / "figures.json").read_text(encoding="utf-8"))
    assert set(figures["drift"]) == {"en", "fr", "es"}
    for language in ("en", "fr"):
        assert figures["drift"][language]["largest"] < 1e-6
    assert figures["mining"]["tatoeba"]["pt"]["queries"] == 12
    assert set(figures["mining_before"]["tatoeba"]) == {"pt"}
    assert "pt, tatoeba: " in (whole / "table.md").read_text(encoding="utf-8")


def test_a_distilled_extension_leaves_the_decoder_alone(whole: Path) -> None:
    before = open_bottleneck(whole / "hard" / "model").network
    after = open_bottleneck(whole / "extend" / "model").network
    old = dict(before.named_parameters())
    new = dict(after.named_parameters())
    inside = [name for name in old if ".decoder.layers" in name]
    assert inside
    assert all((old[name] == new[name]).all() for name in inside)
    learned = [name for name in old if ".encoder.layers" in name]
    assert any((old[name] != new[name]).any() for name in learned)
    assert len(after.get_input_embeddings().weight) == len(before.get_input_embeddings().weight) + 1


def test_the_model_opens_as_sentence_transformer_and_as_encoder(whole: Path) -> None:
    model = open_space(whole / "model")
    text = sentence("fr", 123)
    named, unnamed = model.encode([text], prompt_name="fr"), model.encode([text])
    assert np.allclose(np.linalg.norm(named, axis=1), 1, atol=1e-5)
    assert not np.allclose(named, unnamed, atol=1e-4)
    assert np.allclose(model.encode([Item(text, language="fr")]), named, atol=1e-6)
    encoder = load_encoder(str(whole / "model"))
    assert np.allclose(encoder.encode_text([text]), unnamed, atol=1e-5)
    spoken = encoder.encode_speech([Audio(np.full(5000, 0.1, np.float32))])
    assert spoken.shape == (1, 16)


def test_speech_is_decoded_to_text(whole: Path) -> None:
    model = open_space(whole / "model")
    samples = np.random.default_rng(3).standard_normal(6000).astype(np.float32)
    vectors = torch.from_numpy(model.encode([samples]))
    router: Any = model[0]
    text_model = router.sub_modules["text"][0]
    assert isinstance(text_model.write(vectors, "en", beams=2)[0], str)


def test_other_settings_are_refused(folder: Path, whole: Path) -> None:
    changed = recipe(folder.parent / "changed", "decoder", steps=3)
    with pytest.raises(PolyvoxError, match="other settings"):
        carry_out(Order(changed, folder, whole))


def test_a_later_stage_starts_from_a_users_checkpoint(folder: Path, whole: Path) -> None:
    out = folder.parent / "started"
    start = f'\n[contrast]\nstart = "{whole / "contrast"}"\npace = {{ steps = 1 }}\n'
    carry_out(Order(recipe(folder.parent / "start", "hard", more=start), folder, out))
    assert not (out / "begin").exists()
    assert not (out / "translate").exists()
    mine, theirs = (json.loads((run / "contrast" / "figures.json").read_text()) for run in (out, whole))
    assert mine["mining"] == theirs["mining"]
    assert (out / "hard" / "model").is_dir()


def test_a_start_without_a_model_is_an_error(folder: Path) -> None:
    start = f'\n[contrast]\nstart = "{folder}"\npace = {{ steps = 1 }}\n'
    with pytest.raises(PolyvoxError, match="no bottleneck model"):
        carry_out(Order(recipe(folder.parent / "lost", more=start), folder, folder.parent / "lost-run"))


def test_checkpoints_of_the_hub_train_from_end_to_end(folder: Path) -> None:
    """NLLB for text, w2v-BERT 2.0 for speech and Qwen3 to read vectors, tiny, in the formats of the hub."""
    place = folder.parent / "hub"
    save_tiny_nllb(place / "nllb", [sentence(language, n) for language in ("en", "fr") for n in range(99)])
    save_tiny_wav2vec2_bert(place / "w2v-bert")
    made = recipe(place / "recipe", "hard", "speech", "spectrum") / "recipe.toml"
    said = made.read_text(encoding="utf-8")
    said = said.replace('front = "log-mel"', f'front = "{place / "w2v-bert"}"\nlayers = [1, 2]')
    said = said.replace("[model]", f'[model]\nstart = "{place / "nllb"}"')
    said = said.replace("longest = 12", 'longest = 12\ntags = { en = "eng_Latn", fr = "fra_Latn" }')
    made.write_text(said, encoding="utf-8")
    assert carry_out(Order(made.parent, folder, place / "run")) == 0
    model = open_space(place / "run" / "model")
    text = model.encode(["un arbre"], prompt_name="fr")
    spoken = model.encode([np.full(8000, 0.1, np.float32)])
    assert text.shape == spoken.shape == (1, 16)
    assert (place / "run" / "spectrum" / "model" / "config.json").is_file()
