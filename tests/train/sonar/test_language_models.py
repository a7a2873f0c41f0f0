"""Every stage from a causal language model and an Omni-ASR encoder in their real formats, tiny and random."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.modules.front.tiny_omni_asr import save_tiny_omni_asr
from tests.modules.tiny_language_model import save_qwen3
from tests.modules.tiny_llama import save_tiny_llama
from tests.train.sonar.tiny import data, recipe, sentence

from polyvox.encode import load_encoder
from polyvox.item import Audio
from polyvox.modules.bottleneck import Bottleneck, open_bottleneck
from polyvox.modules.language_model_pair import LanguageModelPair
from polyvox.modules.space import open_space
from polyvox.train.kinds import Order, carry_out
from polyvox.train.sonar.corpus import Pair
from polyvox.train.sonar.loop import learn
from polyvox.train.sonar.objectives import translation
from polyvox.train.sonar.sections import Pace, Translate

STAGES = ("decoder", "contrast", "hard", "extend", "extend-2", "speech", "spectrum")


def _llama(folder: Path) -> int:
    save_tiny_llama(folder, [sentence(language, n) for language in ("en", "fr") for n in range(99)])
    return 16


def _qwen3(folder: Path) -> int:
    save_qwen3(folder, tied=False)
    return 32


FORMS: dict[str, Callable[[Path], int]] = {"llama": _llama, "qwen3": _qwen3}


@pytest.fixture(scope="module", params=FORMS)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    place = tmp_path_factory.mktemp(request.param)
    width = FORMS[request.param](place / "start")
    made = recipe(place / "recipe", *STAGES) / "recipe.toml"
    published, converted = save_tiny_omni_asr(place / "omniASR-W2V-tiny.pt", place / "omni")
    front = published if request.param == "llama" else converted
    said = made.read_text(encoding="utf-8").replace("[model]", f'[model]\nstart = "{place / "start"}"')
    assert 'front = "log-mel"' in said
    said = said.replace('front = "log-mel"', f'front = "{front}"\nlayers = [1, 2]')
    made.write_text(said, encoding="utf-8")
    assert carry_out(Order(made.parent, data(place / "data"), place / "run")) == 0
    return place / "run", width


def _weights(run: Path, stage: str) -> dict[str, torch.Tensor]:
    network = open_bottleneck(run / stage / "model").network
    assert isinstance(network, LanguageModelPair)
    return dict(network.named_parameters())


def _changed(run: Path, before: str, after: str) -> set[str]:
    old, new = _weights(run, before), _weights(run, after)
    return {name for name in old if not torch.equal(old[name], new[name][: len(old[name])])}


def test_every_stage_is_measured_and_in_the_table(trained: tuple[Path, int]) -> None:
    run, _ = trained
    table = (run / "table.md").read_text(encoding="utf-8")
    for stage in ("begin", "translate", "decoder", "contrast", "hard", "extend", "extend-2"):
        assert f"\n| {stage} | " in table
    assert "Spectrum" in table
    assert "fr, shuffled" in table


def test_what_is_frozen_stays_frozen(trained: tuple[Path, int]) -> None:
    run, _ = trained
    table = "encoder.model.embed_tokens.weight"
    told = _changed(run, "translate", "decoder")
    assert {"decoder.entry.weight"} < told
    assert all(name.startswith("decoder.") for name in told)
    distilled = _changed(run, "hard", "extend")
    assert any(".layers." in name for name in distilled)
    assert all(name.startswith("encoder.") for name in distilled)
    assert _changed(run, "extend", "extend-2") <= {table}
    assert "decoder.entry.weight" in _changed(run, "begin", "translate")


def test_only_new_rows_of_the_table_learn_in_a_frozen_extension(trained: tuple[Path, int]) -> None:
    run, _ = trained
    table = "encoder.model.embed_tokens.weight"
    old, new = _weights(run, "extend")[table], _weights(run, "extend-2")[table]
    model = open_bottleneck(run / "extend-2" / "model")
    moved = (old != new[: len(old)]).any(1)
    used = {
        token
        for language in ("en", "fr")
        for n in range(1000)
        for ids in model.tokens([sentence(language, n)])
        for token in ids
    }
    assert not moved[sorted(used)].any()
    assert not moved[[model.tag_of(language) for language in ("en", "fr", "es", "und")]].any()
    figures = json.loads((run / "extend-2" / "figures.json").read_text(encoding="utf-8"))
    for language in ("en", "fr"):
        assert figures["drift"][language]["largest"] < 1e-6


def test_a_killed_stage_ends_in_the_same_weights(trained: tuple[Path, int], tmp_path: Path) -> None:
    run, _ = trained
    pairs = [Pair(sentence("fr", n), sentence("en", n), "fr", "en") for n in range(4)]
    pace = Pace(steps=2, batch=4, warmup=1, save_every=1, rate=1e-2, bf16=False)
    before = open_bottleneck(run / "begin" / "model")

    def train(folder: Path, stop: int | None = None) -> Bottleneck:
        model = copy.deepcopy(before)
        model.network.requires_grad_(True)

        def losses_at(step: int) -> Mapping[str, torch.Tensor]:
            return translation(model, pairs, Translate(pace), np.random.default_rng(step))

        learn({"network": model.network}, pace, losses_at, folder, "test", 1, stop)
        return model

    whole = train(tmp_path / "whole")
    train(tmp_path / "killed", 1)
    again = dict(train(tmp_path / "killed").network.named_parameters())
    started = dict(before.network.named_parameters())
    for name, weight in whole.network.named_parameters():
        assert torch.equal(weight, again[name]), name
        assert not torch.equal(weight, started[name]), name


def test_the_model_reads_hears_and_writes(trained: tuple[Path, int]) -> None:
    run, width = trained
    model = open_space(run / "model")
    text = sentence("fr", 123)
    named, unnamed = model.encode([text], prompt_name="fr"), model.encode([text])
    assert named.shape == (1, width)
    assert not np.allclose(named, unnamed, atol=1e-4)
    encoder = load_encoder(str(run / "model"))
    assert np.allclose(encoder.encode_text([text]), unnamed, atol=1e-5)
    samples = np.random.default_rng(3).standard_normal(6000).astype(np.float32)
    spoken = encoder.encode_speech([Audio(samples)])
    assert np.allclose(np.linalg.norm(spoken, axis=1), 1, atol=1e-5)
    assert spoken.shape == (1, width)
    router: Any = model[0]
    writer = router.sub_modules["text"][0]
    for vectors in (named, spoken):
        assert isinstance(writer.write(torch.from_numpy(vectors), "en", beams=2)[0], str)
