"""The text tower learns a small code, survives a kill and names what goes wrong."""

from __future__ import annotations

import json
import lzma
import random
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from polyvox.encode.static import StaticTextTower
from polyvox.errors import PolyvoxError
from polyvox.train import text_tower
from polyvox.train.recipe import TextRecipe
from polyvox.train.text_tower import main, train

RECIPE = TextRecipe(
    sources={"code": 1.0},
    vocabulary=80,
    dimension=16,
    matryoshka=(16, 8),
    batch=32,
    steps=60,
    rate=0.05,
    warmup=5,
    held_out_rows=60,
)


def word(number: int, letters: str) -> str:
    return letters[number] * 3


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Rows of three "languages" that write the same ten words in three alphabets."""
    folder = tmp_path / "data" / "text"
    folder.mkdir(parents=True)
    chooser = random.Random(0)
    alphabets = {"en": "abcdefghij", "ru": "абвгдежзик", "el": "αβγδεζηθικ"}
    with lzma.open(folder / "train-code.jsonl.xz", "wt", encoding="utf-8") as stream:
        for _ in range(700):
            numbers = chooser.sample(range(10), 4)
            row = {
                language: " ".join(word(n, letters) for n in numbers[:2] * 2)
                + ", "
                + " ".join(word(n, letters) for n in numbers[2:] * 2)
                for language, letters in alphabets.items()
            }
            stream.write(json.dumps(row) + "\n")
    with lzma.open(folder / "test-code.jsonl.xz", "wt", encoding="utf-8") as stream:
        stream.write(json.dumps({"en": "aaa bbb ccc ddd"}) + "\n")
    return folder


def test_it_learns_a_code(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    train(RECIPE, data, out)
    tower = StaticTextTower.load(out)
    english, russian = (
        tower.encode(["aaa", "bbb", "ccc"]),
        tower.encode(["ааа", "ббб", "ввв"]),
    )
    assert ((english @ russian.T).argmax(axis=1) == [0, 1, 2]).all()
    development = json.loads((out / "development.json").read_text())
    assert min(development["code"].values()) > 0.5
    assert json.loads((out / "rows.json").read_text())["test_texts"] == 1


def test_a_killed_run_goes_on_to_the_same_result(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = replace(
        RECIPE, cuts={"code": 1}, cut_tokens=6, pieces=0.5, spelling=0.25, mixed=0.5, mixed_sources=("code",)
    )
    recipe = replace(shared, token_dropout=0.1, steps=20)
    monkeypatch.setattr(text_tower, "CHECKPOINT_EVERY", 5)
    train(recipe, data, tmp_path / "whole")
    step = text_tower._step

    def killed(*arguments: object) -> float:
        if arguments[3] == 12:
            raise KeyboardInterrupt
        return step(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(text_tower, "_step", killed)
    (tmp_path / "parts").mkdir()
    shutil.copy(tmp_path / "whole" / "vocabulary.json", tmp_path / "parts")
    with pytest.raises(KeyboardInterrupt):
        train(recipe, data, tmp_path / "parts")
    monkeypatch.setattr(text_tower, "_step", step)
    train(recipe, data, tmp_path / "parts")
    whole, parts = (np.load(tmp_path / name / "tokens.npy") for name in ("whole", "parts"))
    np.testing.assert_array_equal(whole, parts)


def test_a_loss_that_is_no_number_is_an_error(data: Path, tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match="the loss is nan at step"):
        train(replace(RECIPE, rate=float("inf")), data, tmp_path / "out")


def test_another_recipe_may_not_go_on_in_the_same_folder(data: Path, tmp_path: Path) -> None:
    recipe = replace(RECIPE, steps=1)
    train(recipe, data, tmp_path / "out")
    with pytest.raises(PolyvoxError, match="begun with another rate; choose"):
        train(replace(recipe, rate=0.1), data, tmp_path / "out")


def test_a_vocabulary_smaller_than_the_alphabets_is_named(data: Path, tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match=r"vocabulary: 20 subwords are too few.*at least \d+"):
        train(replace(RECIPE, vocabulary=20), data, tmp_path / "out")


def test_the_command_line_reports_a_missing_source(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "recipe.toml").write_text("[text.sources]\nnone = 1.0\n")
    code = main([str(tmp_path), "--data", str(tmp_path), "--out", str(tmp_path / "out")])
    assert code == 1
    assert "train-none.jsonl.xz: no such file" in capsys.readouterr().err
