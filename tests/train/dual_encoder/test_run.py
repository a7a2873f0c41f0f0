"""The whole recipe on tiny data: trained here, and from checkpoints in the formats of the hub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers", reason="needs the extra 'train'")
pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")
pytest.importorskip("jiwer", reason="needs the extra 'evaluate'")

from safetensors.torch import load_file  # noqa: E402
from tests.modules.tiny_language_model import save_qwen3  # noqa: E402
from tests.train.dual_encoder.tiny import write_data, write_recipe  # noqa: E402

from polyvox.encode.load import load_encoder  # noqa: E402
from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.item import Audio  # noqa: E402
from polyvox.train.dual_encoder.objective import DualObjective  # noqa: E402
from polyvox.train.dual_encoder.recipe import read_recipe  # noqa: E402
from polyvox.train.kinds import Order, carry_out  # noqa: E402


def save_w2v_bert(folder: Path) -> None:
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
    transformers.Wav2Vec2BertModel(transformers.Wav2Vec2BertConfig(**sizes)).save_pretrained(folder)
    transformers.SeamlessM4TFeatureExtractor(feature_size=80, num_mel_bins=80).save_pretrained(folder)


def test_one_command_trains_all_towers_and_prints_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_data(tmp_path / "data")
    order = Order(write_recipe(tmp_path / "recipe"), tmp_path / "data", tmp_path / "out")
    assert carry_out(order) == 0
    table = (tmp_path / "out" / "table.md").read_text(encoding="utf-8")
    assert table in capsys.readouterr().err
    figures = json.loads((tmp_path / "out" / "towers" / "first" / "figures.json").read_text(encoding="utf-8"))
    assert figures["languages"]["seen"]["right prefix"]["pl"]["recordings"] == 4
    assert set(figures["languages"]["unseen"]["wrong language"]) == {"el"}
    assert figures["languages"]["english"]["right prefix"]["el"]["pool"] == 4
    plain = json.loads((tmp_path / "out" / "towers" / "second" / "figures.json").read_text(encoding="utf-8"))
    assert set(plain["means"]["seen"]) == {"no prefix"}
    encoder = load_encoder(tmp_path / "out" / "model")
    assert encoder.encode_text(["dzień dobry"]).shape == (1, 64)
    stamp = (tmp_path / "out" / "towers" / "first" / "model" / "model.safetensors").stat().st_mtime_ns
    assert carry_out(order) == 0  # everything is there already
    again = tmp_path / "out" / "towers" / "first" / "model" / "model.safetensors"
    assert again.stat().st_mtime_ns == stamp


def test_another_recipe_does_not_go_on_in_the_same_folder(tmp_path: Path) -> None:
    write_data(tmp_path / "data")
    recipe = write_recipe(tmp_path / "recipe")
    order = Order(recipe, tmp_path / "data", tmp_path / "out")
    carry_out(order)
    write_recipe(tmp_path / "recipe", steps=4)
    with pytest.raises(PolyvoxError, match="another language_model"):
        carry_out(order)
    with pytest.raises(PolyvoxError, match="no run to go on with"):
        carry_out(Order(recipe, tmp_path / "data", tmp_path / "elsewhere", resume=True))


def test_qwen3_and_w2v_bert_from_disk(tmp_path: Path) -> None:
    write_data(tmp_path / "data")
    save_qwen3(tmp_path / "qwen3")
    save_w2v_bert(tmp_path / "w2v-bert")
    recipe = write_recipe(
        tmp_path / "recipe", front=str(tmp_path / "w2v-bert"), start=str(tmp_path / "qwen3")
    )
    carry_out(Order(recipe, tmp_path / "data", tmp_path / "out"))
    encoder = load_encoder(tmp_path / "out" / "model")
    recordings = [Audio(np.sin(np.arange(size) * 0.05).astype(np.float32)) for size in (16_000, 9_000)]
    together = encoder.encode_speech(recordings)
    assert together.shape == (2, 32)
    np.testing.assert_allclose(encoder.encode_speech(recordings[1:])[0], together[1], atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(encoder.encode_text(["un", "deux"]), axis=1), 1, atol=1e-5)
    start = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "qwen3")
    trained = transformers.AutoModel.from_pretrained(tmp_path / "out" / "model")
    moved = trained.get_input_embeddings().weight[: start.config.vocab_size - 7]
    assert not torch.equal(moved, start.get_input_embeddings().weight[: len(moved)])


def test_a_recipe_with_a_wrong_key_names_the_right_ones(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path)
    text = (recipe / "recipe.toml").read_text(encoding="utf-8")
    (recipe / "recipe.toml").write_text(text.replace("prefix = false", "prefixes = false"), encoding="utf-8")
    with pytest.raises(PolyvoxError, match=r"unknown key 'prefixes'.*did you mean 'prefix'"):
        read_recipe(recipe)


def test_what_a_variant_does_not_say_is_that_of_all(tmp_path: Path) -> None:
    towers = read_recipe(write_recipe(tmp_path)).towers()
    assert list(towers) == ["first", "second"]
    assert towers["second"].translation_sources == ("tiny",)
    assert towers["second"].translation == 0.0


def test_a_killed_tower_goes_on_to_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_data(tmp_path / "data")
    recipe = write_recipe(tmp_path / "recipe")
    path = recipe / "recipe.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("[dual]", "[dual]\nlearned_scale = true"), "utf-8"
    )
    carry_out(Order(recipe, tmp_path / "data", tmp_path / "whole"))
    forward, calls = DualObjective.forward, 0

    def killed(*arguments: Any) -> Any:  # noqa: ANN401
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return forward(*arguments)

    monkeypatch.setattr(DualObjective, "forward", killed)
    order = Order(recipe, tmp_path / "data", tmp_path / "halves")
    with pytest.raises(KeyboardInterrupt):
        carry_out(order)
    monkeypatch.undo()
    assert (tmp_path / "halves" / "towers" / "first" / "checkpoint-2").is_dir()
    carry_out(order)
    whole, halves = (
        load_file(tmp_path / name / "model" / "model.safetensors") for name in ("whole", "halves")
    )
    assert all(torch.equal(weights, halves[name]) for name, weights in whole.items())
    assert not (tmp_path / "halves" / "towers" / "first" / "checkpoint-2").exists()
