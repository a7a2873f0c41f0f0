"""Whole runs of a tiny recipe: trained, killed, resumed, spoiled."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")
pytest.importorskip("accelerate", reason="needs the extra 'train'")

from safetensors.torch import load_file  # noqa: E402

from polyvox.cli import main  # noqa: E402
from polyvox.cli.exits import Exit  # noqa: E402
from polyvox.encode import load_encoder  # noqa: E402
from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.item import Modality  # noqa: E402
from polyvox.read.sound import load_audio  # noqa: E402
from polyvox.train.tower.journal import read_metrics  # noqa: E402
from polyvox.train.tower.recipe import read_recipe  # noqa: E402
from polyvox.train.tower.run import train  # noqa: E402
from polyvox.train.tower.trainer import TowerTrainer, whole_checkpoints  # noqa: E402

from .conftest import MakeRecipe, write_recipe  # noqa: E402

WEIGHTS = "model/audio_0_Speech/model.safetensors"


def weights(out: Path) -> dict[str, Any]:
    return load_file(out / WEIGHTS)


def assert_same_weights(one: Path, other: Path) -> None:
    left, right = weights(one), weights(other)
    assert left.keys() == right.keys()
    for name, value in left.items():
        assert torch.equal(value, right[name]), name


@pytest.fixture(scope="module")
def learned(teacher: Path, tones: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("learned")
    train(read_recipe(write_recipe(folder / "recipe", teacher)), tones, folder / "run")
    return folder / "run"


def test_a_run_ends_in_a_model_that_hears_and_reads(learned: Path, tones: Path) -> None:
    encoder = load_encoder(learned / "model")
    assert encoder.card.modalities == {Modality.TEXT, Modality.SPEECH}
    heard = encoder.encode_speech([load_audio(path) for path in sorted(tones.glob("fire-*.wav"))[:2]])
    assert heard.shape == (2, 8)
    steps = [line["step"] for line in read_metrics(learned / "metrics.jsonl") if "loss" in line]
    assert steps == list(range(1, 9))
    assert any(
        "eval_mrr" in line and line["eval_pool"] == 6 for line in read_metrics(learned / "metrics.jsonl")
    )
    assert "<svg" in (learned / "loss.svg").read_text()
    assert not (learned / "model.partial").exists()
    assert not list(learned.rglob("training_args.bin"))


def test_the_card_says_what_was_run(learned: Path, tones: Path) -> None:
    card = (learned / "model" / "README.md").read_text()
    from polyvox.train.tower.rows import file_hash

    for said in (
        "# tones",
        "| development | transcript | 12 | 6 |",
        "a tie counts as a miss",
        f"| manifest.tsv | `{file_hash(tones / 'manifest.tsv')[:16]}…` | CC0-1.0 |",
        "78 rows read, 66 trained on",
        "Rows by language: en 66.",
        "8 steps of 8 × 1 recordings",
        "seed 0",
        f"torch {torch.__version__}",
    ):
        assert said in card


def test_rows_and_recordings_that_cannot_be_used_are_named_at_the_end(
    make_recipe: MakeRecipe, tones: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data = Path(shutil.copytree(tones, tmp_path / "data"))
    lines = (data / "manifest.tsv").read_text().splitlines()
    lines += [lines[1].replace(lines[1].split("\t")[0], path) for path in ("gone.wav", "../away.wav")]
    (data / "manifest.tsv").write_text("\n".join(lines) + "\n")
    spoilt = next(path for path in sorted(data.glob("*.wav")) if lines[1].split("\t")[0] != path.name)
    spoilt.write_bytes(b"no sound")
    out = tmp_path / "run"
    assert main(["train", str(make_recipe()), "--data", str(data), "--out", str(out)]) == Exit.SKIPPED_SOME
    told = [line for line in capfd.readouterr().err.splitlines() if line.startswith("skipped")]
    assert len(told) == 3
    for reason in (
        "'../away.wav' lies outside",
        "gone.wav: no such file",
        f"{spoilt.name}: is not a recording",
    ):
        assert any(reason in line for line in told), reason
    card = (out / "model" / "README.md").read_text()
    assert "2 unusable" in card
    assert "1 unreadable recordings met in training" in card


def test_a_finished_run_is_not_trained_again_and_another_recipe_is_refused(
    learned: Path, make_recipe: MakeRecipe, tones: Path, tmp_path: Path
) -> None:
    before = weights(learned)
    learned = Path(shutil.copytree(learned, tmp_path / "run"))
    train(read_recipe(make_recipe()), tones, learned)
    assert all(torch.equal(value, before[name]) for name, value in weights(learned).items())
    changed = read_recipe(make_recipe({"learning_rate = 0.01": "learning_rate = 0.02"}))
    with pytest.raises(PolyvoxError, match=r"begun with another recipe; .*--fresh"):
        train(changed, tones, learned)
    train(changed, tones, learned, fresh=True)
    assert not all(torch.equal(value, before[name]) for name, value in weights(learned).items())


@pytest.fixture
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
def test_after_kill_9_the_run_goes_on_to_the_same_weights(
    make_recipe: MakeRecipe, tones: Path, tmp_path: Path
) -> None:
    """Bit by bit, on one thread of a CPU."""
    recipe = make_recipe(
        {"batch = 8": "batch = 8\naccumulate = 2", "augment = false": "augment = true"}, steps=9, every=3
    )
    train(read_recipe(recipe), tones, tmp_path / "unbroken")
    broken = tmp_path / "broken"
    command = [
        sys.executable,
        "-m",
        "polyvox",
        "train",
        str(recipe),
        "--data",
        str(tones),
        "--out",
        str(broken),
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "1"})
    for _ in range(6_000):
        if whole_checkpoints(broken) or process.poll() is not None:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    _, said = process.communicate()
    assert process.returncode == -signal.SIGKILL, said
    assert not (broken / "model").exists()
    (broken / "checkpoint-99").mkdir()  # What a kill while saving leaves behind.
    train(read_recipe(recipe), tones, broken)
    assert_same_weights(tmp_path / "unbroken", broken)
    assert not (broken / "checkpoint-99").exists()
    losses = [
        [line["loss"] for line in read_metrics(run / "metrics.jsonl") if "loss" in line]
        for run in (tmp_path / "unbroken", broken)
    ]
    assert losses[0] == losses[1]


def test_a_loss_that_is_no_number_stops_the_run_with_advice(
    make_recipe: MakeRecipe, tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = TowerTrainer.compute_loss

    def spoiled(self: TowerTrainer, *inputs: Any, **settings: Any) -> Any:  # noqa: ANN401
        loss: Any = real(self, *inputs, **settings)
        return loss * float("nan") if self.state.global_step == 6 else loss

    monkeypatch.setattr(TowerTrainer, "compute_loss", spoiled)
    with pytest.raises(PolyvoxError, match=r"not a number at step 7\. Lower \[training\] learning_rate"):
        train(read_recipe(make_recipe()), tones, tmp_path / "run")
    assert [path.name for path in whole_checkpoints(tmp_path / "run")] == ["checkpoint-4"]


def test_a_full_disk_leaves_the_last_checkpoint_whole(
    make_recipe: MakeRecipe, tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, learned: Path
) -> None:
    recipe, out = read_recipe(make_recipe()), tmp_path / "run"
    real = TowerTrainer._save_optimizer_and_scheduler

    def full(self: TowerTrainer, folder: str) -> None:
        if folder.endswith("-8"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(self, folder)

    with monkeypatch.context() as patch:
        patch.setattr(TowerTrainer, "_save_optimizer_and_scheduler", full)
        with pytest.raises(
            PolyvoxError, match=r"the disk of .* is full\. The last whole checkpoint is intact"
        ):
            train(recipe, tones, out)
    assert [path.name for path in out.glob("checkpoint-*")] == ["checkpoint-4"]
    train(recipe, tones, out)
    assert_same_weights(learned, out)


def test_what_nobody_foresaw_is_told_without_a_traceback(
    make_recipe: MakeRecipe, tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*inputs: object, **settings: object) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr(TowerTrainer, "compute_loss", broken)
    with pytest.raises(
        PolyvoxError, match=r"training stopped: KeyError: 'surprise'.*trouble.txt has the details"
    ):
        train(read_recipe(make_recipe()), tones, tmp_path / "run")
    assert "Traceback" in (tmp_path / "run" / "trouble.txt").read_text()


@pytest.mark.slow
def test_true_pairs_teach_and_shuffled_pairs_do_not(
    make_recipe: MakeRecipe, tones: Path, tmp_path: Path
) -> None:
    recipe = make_recipe({"dropout = 0.1": "dropout = 0.0", "batch = 8": "batch = 16"}, steps=80, every=80)
    out = tmp_path / "run"
    arguments = ["train", str(recipe), "--data", str(tones), "--out", str(out), "--control"]
    assert main(arguments) == Exit.DONE
    found = {
        name: read_metrics(run / "metrics.jsonl")[-1]["eval_mrr"]
        for name, run in (("true", out), ("control", out / "control"))
    }
    assert found["true"] > 0.75
    assert found["control"] < 0.6
    assert "It must not know anything" in (out / "control" / "model" / "README.md").read_text()


def test_the_command_line_refuses_to_resume_what_never_began(
    make_recipe: MakeRecipe, tones: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["train", str(make_recipe()), "--data", str(tones), "--out", str(tmp_path / "x"), "--resume"]
    assert main(arguments) == Exit.FAILED
    assert "there is no run to go on with" in capsys.readouterr().err


def test_widths_beyond_the_teacher_and_too_large_batches_are_refused(
    make_recipe: MakeRecipe, tones: Path, tmp_path: Path
) -> None:
    wide = read_recipe(make_recipe({"ctc = 0.1": "ctc = 0.1\nwidths = [16, 8]"}))
    with pytest.raises(PolyvoxError, match=r"\[16, 8\] exceed the teacher's 8 dimensions"):
        train(wide, tones, tmp_path / "run")
    large = read_recipe(make_recipe({"batch = 8": "batch = 80"}))
    with pytest.raises(PolyvoxError, match="80 recordings a batch, but there are only 66"):
        train(large, tones, tmp_path / "run")


def test_an_index_finds_texts_by_voice_with_a_trained_model(
    learned: Path, tones: Path, tmp_path: Path
) -> None:
    from polyvox.index import Index
    from polyvox.item import Item

    index = Index.create(tmp_path / "i", load_encoder(learned / "model"))
    index.add([Item("fire water"), Item("moon salt")])
    assert len(index.search(load_audio(tones / "fire-water-0.wav"), limit=2)) == 2


def test_run_json_keeps_every_value(learned: Path) -> None:
    kept = json.loads((learned / "run.json").read_text())
    assert kept["recipe"]["training"]["learning_rate"] == 0.01
    assert kept["recipe"]["losses"]["scale"] == 20.0
    assert np.isfinite(kept["recipe"]["model"]["max_seconds"])
