"""Recipes of the kind `clasp`: what is read, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the extra 'train'")

from polyvox.errors import PolyvoxError
from polyvox.train.clasp.sections import Fusion, Loss
from polyvox.train.clasp.variants import read_variants, with_needs

RECIPE = """
kind = "clasp"
[first]
kind = "front"
[second]
kind = "mel-statistics"
[[sources]]
path = "a.tsv"
name = "a"
"""
SHIPPED = Path(__file__).parents[3] / "recipes" / "clasp"


def written(folder: Path, more: str, start: str = RECIPE) -> Path:
    (folder / "recipe.toml").write_text(start + more)
    return folder


def test_the_shipped_recipe_has_every_row_of_its_table() -> None:
    variants = read_variants(SHIPPED, every=True)
    recipes = {one.name: one.recipe for one in variants}
    assert variants[0].recipe.model.fusion is Fusion.CONCAT
    assert not variants[0].recipe.objective.legacy
    assert recipes["legacy temperature"].objective.scale == pytest.approx(0.07)
    assert recipes["gate"].model.fusion is Fusion.GATING
    assert recipes["Huber"].objective.loss is Loss.HUBER
    assert recipes["control: shuffled pairs"].training.shuffled
    assert recipes["mel statistics, gate"].second.kind == "mel-statistics"
    assert recipes["gate, 2,000 recordings"].training.most == 2000
    assert read_variants(SHIPPED, every=False) == variants[:1]


def test_a_row_without_its_folder_is_left_out(tmp_path: Path) -> None:
    rows = "".join(
        f'[[variants]]\nname = "{name}"\nneeds = "{tmp_path / name}"\nagainst = ["there"]\n'
        for name in ("there", "missing")
    )
    (tmp_path / "there").mkdir()
    kept, told = with_needs(read_variants(written(tmp_path, rows), every=True))
    assert [(one.name, one.against) for one in kept] == [("as the recipe says", ()), ("there", ("there",))]
    assert told == [f"left out the row 'missing': there is no folder {tmp_path / 'missing'}"]


def test_a_control_comes_beside_the_recipe(tmp_path: Path) -> None:
    plain, control = read_variants(written(tmp_path, ""), every=False, control=True)
    assert not plain.recipe.training.shuffled
    assert control.recipe.training.shuffled


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('[model]\nfusoin = "gating"', "did you mean 'fusion'"),
        ('[model]\nfusion = "sum"', "not one of concat, gating, first, second"),
        ("[objective]\ntemperature = 0", "between 0.001 and 1"),
        ("[training]\nbatch = 1", "at least 2"),
        ('[[variants]]\nname = "x"\nseed = 3', "seed is shared by all variants"),
        ('[[variants]]\nname = "x"\nmodel = { text = "y" }', "model text is shared"),
        ('[[variants]]\nname = "x"\n[[variants]]\nname = "X!"', "two variants share a name"),
        ("[[variants]]\nseed = 3", "needs a name"),
        ('[[variants]]\nname = "x"\nagainst = ["y"]', "'y' is not one of as the recipe says, x"),
        ('[[variants]]\nname = "x"\nneeds = 3', "needs: expected text"),
        ('[sentences]\nsources = { "train-x" = 1.0 }', "unseen_voices"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, more: str, told: str) -> None:
    with pytest.raises(PolyvoxError, match=told):
        read_variants(written(tmp_path, more), every=True)


def test_a_recipe_without_data_or_with_an_unknown_branch_is_refused(tmp_path: Path) -> None:
    without = RECIPE.split("[[sources]]")[0]
    with pytest.raises(PolyvoxError, match="nothing to learn from"):
        read_variants(written(tmp_path, "", without), every=False)
    with pytest.raises(PolyvoxError, match="'ear' is not one of front, mel-statistics"):
        read_variants(written(tmp_path, "", RECIPE.replace('"front"', '"ear"')), every=False)
