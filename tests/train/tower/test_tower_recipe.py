"""Recipes of the kind `speech`: every mistake is named before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from polyvox.errors import PolyvoxError
from polyvox.train.kinds import Order, carry_out
from polyvox.train.tower.recipe import read_recipe
from polyvox.train.tower.training_section import Labels, Precision

SMALLEST = """
[model]
name = "a"
[[data.sources]]
path = "m.tsv"
[training]
steps = 5
"""


def written(folder: Path, text: str) -> Path:
    (folder / "recipe.toml").write_text(text, encoding="utf-8")
    return folder


def test_the_smallest_recipe(tmp_path: Path) -> None:
    recipe = read_recipe(written(tmp_path, SMALLEST))
    assert recipe.model.teacher == "default"
    assert recipe.data.sources[0].path == "m.tsv"
    assert recipe.losses.labels is Labels.NONE
    assert recipe.training.precision is Precision.FP32
    assert recipe.losses.sides() == ("transcript",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("steps = 5", "stepps = 5", "unknown key 'stepps'; .*did you mean 'steps'"),
        ("steps = 5", "steps = 5\nepochs = 1.0", r"\[training\]: give either steps or epochs"),
        ("steps = 5", "steps = -5", "give either steps or epochs"),
        ("steps = 5", "steps = 5\nbatch = 1", "batch: must be at least 2, got 1"),
        ("steps = 5", "steps = 5\nkeep = 1", "keep: must be at least 2"),
        ("steps = 5", 'steps = 5\nprecision = "fp8"', "'fp8' is not one of fp32, bf16, fp16"),
        ("steps = 5", "steps = 5\nsave_every = 300", "save_every: must be a multiple of evaluate_every"),
        ("steps = 5", 'steps = 5\nbest = "bleu"', "'bleu' is not one of mrr, recall@1, recall@5"),
        ("steps = 5", "steps = 5\n[losses]\ncontrastive = 0", "every weight is 0"),
        ("steps = 5", "steps = 5\n[losses]\nctc = 0.3", "ctc and labels go together"),
        ("steps = 5", "steps = 5\n[losses]\ncached_ranking = 1", "cached_ranking: stands alone"),
        ("steps = 5", "steps = 5\n[losses.targets]\nsummary = 1", "weights for transcript and translation"),
        (
            'name = "a"',
            'name = "a"\n[model.sizes]\nwidth = 30',
            "width: must be a multiple of twice the heads",
        ),
        ('name = "a"', 'name = "a"\n[model.sizes]\nkernel = 4', "kernel: must be odd"),
        ('path = "m.tsv"', 'path = "m.tsv"\nshare = -1', "share: must be at least 0"),
        (
            "[[data.sources]]",
            "[data]\ntemperature = 0.5\n[[data.sources]]",
            "temperature: must be at least 1",
        ),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(PolyvoxError, match=message):
        read_recipe(written(tmp_path, SMALLEST.replace(old, new)))


def test_a_folder_without_a_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match=r"recipe.toml: cannot be read .*; give the folder of a recipe"):
        read_recipe(tmp_path)
    with pytest.raises(PolyvoxError, match=r"recipe.toml: not TOML"):
        read_recipe(written(tmp_path, "[model"))


def test_an_unknown_kind_is_named(tmp_path: Path) -> None:
    recipe = written(tmp_path, 'kind = "speach"\n' + SMALLEST)
    with pytest.raises(PolyvoxError, match=r"'speach' is not one of speech, .*; did you mean 'speech'"):
        carry_out(Order(recipe, tmp_path, tmp_path / "out"))
