"""Recipes: read and checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from polyvox.errors import PolyvoxError
from polyvox.train.recipe import ModelRecipe, TextRecipe, read_section, recipe_values
from polyvox.train.speech_recipe import load_speech_recipe

SHIPPED = Path(__file__).parents[2] / "recipes" / "default"


def recipe(folder: Path, content: str) -> Path:
    (folder / "recipe.toml").write_text(content, encoding="utf-8")
    return folder


def test_values_and_defaults(tmp_path: Path) -> None:
    content = "[text]\nbatch = 8\nrate = 1\nmatryoshka = [256, 64]\n[text.sources]\nbible = 2.0\n"
    read = read_section(recipe(tmp_path, content), "text", TextRecipe)
    assert (read.batch, read.rate, read.matryoshka, read.sources) == (
        8,
        1,
        (256, 64),
        {"bible": 2.0},
    )
    assert read.dimension == 256


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "[text]\nbatsh = 8\n",
            "unknown key 'batsh'; the keys are sources, latent_weights, vocabulary",
        ),
        ("[text]\nbatch = 8\n", "the key 'sources' is missing"),
        ("[text]\nsources = {}\n", "name at least one source"),
        (
            "[text]\nbatch = 'many'\n[text.sources]\nbible = 1\n",
            "expected a whole number, got 'many'",
        ),
        ("[text]\nbatch = true\n[text.sources]\nbible = 1\n", "expected a whole number, got True"),
        (
            "[text]\nmatryoshka = [512]\n[text.sources]\nbible = 1\n",
            "exceeds dimension 256",
        ),
        ("[speech]\n", r"has no section \[text\]; it has speech"),
        ("[text\n", "not TOML"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(PolyvoxError, match=message):
        read_section(recipe(tmp_path, content), "text", TextRecipe)


def test_a_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match="give the folder of a recipe"):
        read_section(tmp_path, "text", TextRecipe)


def test_the_shipped_recipe_is_right() -> None:
    assert read_section(SHIPPED, "text", TextRecipe).dimension == 256
    assert read_section(SHIPPED, "model", ModelRecipe).name


def test_a_recipe_extends_another(tmp_path: Path) -> None:
    below, above = tmp_path / "below", tmp_path / "below" / "above"
    above.mkdir(parents=True)
    recipe(below, 'kind = "shipped"\n[text]\nbatch = 8\n[text.sources]\nbible = 2.0\ncldr = 1.0\n')
    recipe(above, 'extends = ".."\n[text]\nbatch = 16\nmatryoshka = [64]\n[text.sources]\ncldr = 3.0\n')
    assert recipe_values(above) == {
        "kind": "shipped",
        "text": {"batch": 16, "matryoshka": [64], "sources": {"bible": 2.0, "cldr": 3.0}},
    }
    assert read_section(above, "text", TextRecipe).sources == {"bible": 2.0, "cldr": 3.0}
    recipe(below, 'extends = "above"\n')
    with pytest.raises(PolyvoxError, match="extends a recipe that extends it"):
        recipe_values(above)
    recipe(below, "extends = 3\n")
    with pytest.raises(PolyvoxError, match="expected the folder of a recipe, got 3"):
        recipe_values(above)
    recipe(below, 'extends = "nowhere"\n')
    with pytest.raises(PolyvoxError, match="nowhere"):
        recipe_values(above)


def test_the_larger_size_is_the_default_but_for_its_sizes() -> None:
    default, large = recipe_values(SHIPPED), recipe_values(SHIPPED / "large")
    assert set(large) == set(default)
    assert read_section(SHIPPED / "large", "text", TextRecipe).dimension == 512
    smaller, larger = load_speech_recipe(SHIPPED), load_speech_recipe(SHIPPED / "large")
    assert smaller.stage_one() == larger.stage_one()
    assert smaller.further_parts() == larger.further_parts()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("pieces = -1", r"\[text\] pieces: must be between 0 and 10, got -1"),
        ("spelling = nan", r"\[text\] spelling: must be between 0 and 10, got nan"),
        ('mixed = 1.5\nmixed_sources = ["bible"]', r"\[text\] mixed: must be between 0 and 1, got 1\.5"),
        ("mixed_most = 1", r"\[text\] mixed_most: must be at least 2, got 1"),
        ("mixed = 0.5", r"mixed_sources is empty; name the sources to mix"),
        ('mixed_sources = ["bibel"]', r"'bibel' is not one of \[text.sources\], which are bible"),
        ("cuts = { bibel = 1 }", r"cuts: 'bibel' is not one of \[text.sources\], which are bible"),
        ("cuts = 2", r"\[text\] cuts: expected a table such as { key = value }, got 2"),
        ("cuts = { bible = 1.5 }", r"\[text\] cuts bible: expected a whole number, got 1\.5"),
        ("cuts = { bible = 9 }", r"\[text.cuts\] bible: must be between 1 and 4, got 9"),
        ('vocabulary_boosts = { en = "much" }', r"vocabulary_boosts en: expected a number, got 'much'"),
        ("matryoshka = [256, 64.5]", r"matryoshka\[1\]: expected a whole number, got 64\.5"),
        ('mixed_sources = "bible"', r"mixed_sources: expected a list in \[ \], got 'bible'"),
    ],
)
def test_what_the_text_tower_cannot_do_is_refused(line: str, message: str, tmp_path: Path) -> None:
    recipe(tmp_path, f"[text]\n{line}\n[text.sources]\nbible = 1.0\n")
    with pytest.raises(PolyvoxError, match=message):
        read_section(tmp_path, "text", TextRecipe)
