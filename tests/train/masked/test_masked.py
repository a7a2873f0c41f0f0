"""Masked prediction on a few seconds of tones."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.item import Audio  # noqa: E402
from polyvox.modules.front import open_front  # noqa: E402
from polyvox.modules.masked_encoder import MaskedConfig, MaskedEncoder  # noqa: E402
from polyvox.train.kinds import Order, carry_out  # noqa: E402
from polyvox.train.manifest import Recording, write_manifest  # noqa: E402
from polyvox.train.masked.journal import kept  # noqa: E402
from polyvox.train.masked.masks import hidden_stretches  # noqa: E402
from polyvox.train.masked.quantiser import Quantiser, learn_quantiser, stacked  # noqa: E402
from polyvox.train.masked.recipe import Codes, Data, Model, Recipe, Source, Targets, Training  # noqa: E402
from polyvox.train.masked.rows import read_examples  # noqa: E402
from polyvox.train.masked.run import train  # noqa: E402
from polyvox.train.waves import write_wav  # noqa: E402

RECIPE = Recipe(
    Model("tiny", width=32, layers=1, heads=2, kernel=5),
    Data((Source("manifest.tsv"),), watched=4),
    Targets(Codes.CLUSTERS, codebooks=1, size=4, sample=400),
    Training(steps=60, batch=8, learning_rate=5e-3, warmup=5, decay=20, span=3, save_every=20),
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tones that take turns, so that what is hidden can be guessed from what stands around it."""
    folder = tmp_path_factory.mktemp("speech")
    dice = np.random.default_rng(0)
    rows = []
    for number in range(20):
        high = np.sin(np.arange(3_200) * 1.1) * (1 + 0.1 * dice.standard_normal(3_200))
        low = np.sin(np.arange(3_200) * 0.1) * (1 + 0.1 * dice.standard_normal(3_200))
        halves = [high, low] * (2 + number % 3)
        write_wav(folder / f"{number}.wav", Audio(0.3 * np.concatenate(halves).astype(np.float32)))
        split = "dev" if number % 5 == 0 else "train"
        rows.append(Recording(f"{number}.wav", "en", str(number), split, seconds=1.0))
    write_manifest(folder / "manifest.tsv", rows)
    return folder


@pytest.fixture(scope="module")
def finished(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    train(RECIPE, data, out)
    return out


def tiny() -> MaskedEncoder:
    torch.manual_seed(0)
    return MaskedEncoder(MaskedConfig(2, 5, width=16, layers=2, heads=2, kernel=5)).eval()


def test_the_loss_falls_and_hidden_codes_are_guessed(finished: Path) -> None:
    lines = kept(finished)
    assert [line["step"] for line in lines] == [20, 40, 60]
    assert lines[-1]["loss"] < 0.8 * lines[0]["loss"]
    assert lines[-1]["accuracy"] > lines[-1]["chance"] + 0.1
    assert (finished / "loss.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_a_run_that_was_stopped_ends_with_the_same_weights(
    finished: Path, data: Path, tmp_path: Path
) -> None:
    train(RECIPE, data, tmp_path, stop=30)
    assert open_front(str(tmp_path / "model")).width == 32
    train(RECIPE, data, tmp_path)
    ours, theirs = (MaskedEncoder.load(run / "model").state_dict() for run in (tmp_path, finished))
    for name, weights in theirs.items():
        assert torch.equal(weights, ours[name]), name
    assert [line["step"] for line in kept(tmp_path)] == [20, 30, 40, 60]


def test_a_run_of_another_recipe_is_refused(finished: Path, data: Path) -> None:
    with pytest.raises(PolyvoxError, match=r"begun with another training; .*--fresh"):
        train(replace(RECIPE, training=Training(steps=61)), data, finished)


def test_held_out_recordings_are_never_learned_from(finished: Path) -> None:
    lines = (finished / "features" / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    parts = {row["example"]["key"]: row["example"]["part"] for row in map(json.loads, lines)}
    assert {key for key, part in parts.items() if part == "development"} == {"0", "5", "10", "15"}


def test_a_row_that_cannot_be_used_is_named_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [Recording("1.wav", "en", "1", "train"), Recording("../2.wav", "en", "2", "train")]
    write_manifest(tmp_path / "manifest.tsv", rows)
    assert [example.key for example in read_examples(RECIPE.data, tmp_path)] == ["1"]
    assert "skipped" in (told := capsys.readouterr().err)
    assert "line 3: '../2.wav' lies outside" in told


def test_the_model_is_a_front(finished: Path, data: Path, tmp_path: Path) -> None:
    front = open_front(str(finished / "model"), layers=(0, 1))
    assert (front.width, front.rate) == (64, 25.0)
    dice = np.random.default_rng(0)
    recordings = [Audio(dice.standard_normal(size).astype(np.float32)) for size in (0, 160, 8_000, 20_001)]
    together = front.frames(recordings)
    assert [len(frames) for frames in together] == [1, 1, 12, 31]
    for recording, frames in zip(recordings, together, strict=True):
        np.testing.assert_array_equal(front.frames([recording])[0], frames)
    front.save(tmp_path / "saved")
    again = open_front(str(tmp_path / "saved"))
    assert again.fingerprint == front.fingerprint != open_front(str(finished / "model")).fingerprint
    np.testing.assert_array_equal(again.frames(recordings[3:])[0], together[3])


def test_padding_changes_nothing() -> None:
    encoder = tiny()
    features = torch.randn(1, 50, 80)
    hidden = torch.zeros(1, 13, dtype=torch.bool)
    hidden[0, 4:7] = True
    alone, mask = encoder(features, torch.tensor([50]), hidden)
    assert alone.shape == (1, 13, 2, 5)
    assert mask.all()
    wide = torch.cat([features, torch.full((1, 30, 80), 9.0)], dim=1)
    wider = torch.cat([hidden, torch.ones(1, 7, dtype=torch.bool)], dim=1)
    padded, mask = encoder(wide, torch.tensor([50]), wider)
    assert mask.sum() == 13
    assert torch.allclose(alone, padded[:, :13], atol=1e-5)


def test_what_is_hidden_cannot_be_seen() -> None:
    encoder = tiny()
    features = torch.randn(1, 48, 80)
    hidden = torch.zeros(1, 12, dtype=torch.bool)
    hidden[0, 4:7] = True
    changed = features.clone()
    changed[0, 16:28] = 5.0
    lengths = torch.tensor([48])
    assert torch.equal(encoder(features, lengths, hidden)[0], encoder(changed, lengths, hidden)[0])
    nothing = torch.zeros_like(hidden)
    assert not torch.equal(encoder(features, lengths, nothing)[0], encoder(changed, lengths, nothing)[0])


def test_every_weight_learns_and_the_targets_do_not() -> None:
    encoder = tiny().train()
    hidden = torch.zeros(1, 12, dtype=torch.bool)
    hidden[0, 4:7] = True
    logits, _ = encoder(torch.randn(1, 48, 80), torch.tensor([48]), hidden)
    logits[hidden].square().sum().backward()
    still = [name for name, weights in encoder.named_parameters() if weights.grad is None]
    assert still == []
    assert encoder.hidden.grad is not None
    assert encoder.hidden.grad.abs().sum() > 0


def test_hidden_stretches_stay_inside_and_are_never_missing() -> None:
    dice = np.random.default_rng(0)
    hidden = hidden_stretches([1, 40, 7], 0.0, 5, dice)
    assert hidden.shape == (3, 40)
    assert hidden[0].sum() == 1
    assert 1 <= hidden[1].sum() <= 5
    assert not hidden[2, 7:].any()
    share = hidden_stretches([20_000], 0.1, 6, dice).float().mean().item()
    # A frame is seen when no stretch began at it or at the five before it.
    assert share == pytest.approx(1 - 0.9**6, abs=0.02)


@pytest.mark.parametrize("kind", list(Codes))
def test_codes_are_the_nearest_entries(kind: Codes, tmp_path: Path) -> None:
    dice = np.random.default_rng(0)
    sample = dice.standard_normal((300, 320)).astype(np.float32)
    quantiser = learn_quantiser(sample, Targets(kind, codebooks=2, size=8, width=6))
    features = torch.from_numpy(dice.standard_normal((2, 42, 80)).astype(np.float32))
    codes = quantiser.codes(features)
    assert codes.shape == (2, 11, 2)
    assert len(set(codes.flatten().tolist())) > 4
    assert not torch.equal(codes[..., 0], codes[..., 1])
    quantiser.save(tmp_path / "targets.safetensors")
    assert torch.equal(Quantiser.load(tmp_path / "targets.safetensors").codes(features), codes)


def test_a_code_by_hand() -> None:
    """Two entries at +1 and -1 on the first of 320 values."""
    weights = torch.zeros(1, 320, 2)
    weights[0, 0] = torch.tensor([2.0, -2.0])
    quantiser = Quantiser(torch.zeros(320), torch.ones(320), weights, torch.full((1, 2), -1.0))
    features = torch.zeros(1, 8, 80)
    features[0, 0, 0], features[0, 4, 0] = 0.3, -0.3
    assert quantiser.codes(features)[0, :, 0].tolist() == [0, 1]
    assert stacked(features[:, :5]).shape == (1, 2, 320)


def test_the_command_checks_and_refuses_a_control(data: Path, tmp_path: Path) -> None:
    text = '[model]\nname = "tiny"\n[[data.sources]]\npath = "manifest.tsv"\n'
    (tmp_path / "recipe.toml").write_text(f'kind = "masked"\n{text}', encoding="utf-8")
    order = Order(tmp_path, data, tmp_path / "out", check=True)
    assert carry_out(order) == 0
    with pytest.raises(PolyvoxError, match="reads no texts"):
        carry_out(replace(order, control=True))
    with pytest.raises(PolyvoxError, match="no run to go on with"):
        carry_out(replace(order, check=False, resume=True))
    (tmp_path / "recipe.toml").write_text(f'kind = "masked"\n{text}[targets]\nsise = 3\n', encoding="utf-8")
    with pytest.raises(PolyvoxError, match=r"unknown key 'sise'.*did you mean 'size'"):
        carry_out(order)
