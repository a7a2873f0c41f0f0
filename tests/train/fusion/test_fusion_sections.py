"""The sections of a recipe of the kind `fusion`."""

from __future__ import annotations

from pathlib import Path

import pytest

from polyvox.errors import PolyvoxError
from polyvox.train.fusion.orders import read_fusion_recipe
from polyvox.train.fusion.sections import FusionRecipe, Variant
from polyvox.train.sections import section_from

RECIPE = Path(__file__).parents[3] / "recipes" / "matryoshka-fusion"
LEAST = {"text": {"name": "a-model"}, "sets": [{"name": "a", "reader": "split", "sources": ["b"]}]}


def recipe(**changes: object) -> FusionRecipe:
    return section_from(FusionRecipe, LEAST | changes, "recipe.toml")


def test_the_recipe_of_the_repository_is_right() -> None:
    found = read_fusion_recipe(RECIPE)
    assert found.speech.dimensions == (256, 128, 64, 32, 16)
    assert [one.name for one in found.sets] == ["mboshi", "words"]
    assert Variant.SHUFFLED in found.sets[0].variants


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"speech": {"dimension": [2]}}, "unknown key 'dimension'.*did you mean 'dimensions'"),
        ({"speech": {"dimensions": [2, 4]}}, "the widest first"),
        ({"speech": {"stride": 3}}, "above the kernel"),
        ({"speech": {"variants": ["latte"]}}, "not one of late, separate"),
        ({"speech": {"batch": 1}}, "at least 2"),
        ({"text": {"name": "train"}}, r"needs \[text.small\]"),
        ({"text": {"name": "train", "small": {"sources": {"a": 1.0}, "languages": ["fr"]}}}, "two languages"),
        ({"sets": []}, "at least one"),
        ({"sets": [{"name": "a", "reader": "split", "sources": ["b", "c"]}]}, "takes one source"),
        ({"sets": [{"name": "../a", "reader": "split", "sources": ["b"]}]}, "cannot name a folder"),
        ({"sets": [{"name": "frames", "reader": "split", "sources": ["b"]}]}, "taken by the run itself"),
        ({"fronts": [{"name": "default", "label": "/etc"}]}, "cannot name a folder"),
        ({"intents": {"set": "c"}}, "'c' is not one of a"),
    ],
)
def test_mistakes_are_named(changes: dict[str, object], message: str) -> None:
    with pytest.raises(PolyvoxError, match=message):
        recipe(**changes)


def test_a_front_is_called_by_the_last_part_of_its_name() -> None:
    found = recipe(fronts=[{"name": "runs/masked/encoder"}, {"name": "default", "label": "shipped"}])
    assert [front.title for front in found.fronts] == ["encoder", "shipped"]
