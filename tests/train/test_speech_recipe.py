from pathlib import Path

import pytest

pytest.importorskip("torch")

from polyvox.errors import PolyvoxError
from polyvox.train.languages import espeak_voice
from polyvox.train.speech_recipe import load_speech_recipe
from polyvox.train.spoken_texts import load_synthesis_config

DEFAULT = Path(__file__).parents[2] / "recipes" / "default"

MORE = "[[speech.further]]\n"
FURTHER = "[speech]\nhuman = { fsdd = 1 }\ndictionary = []\n" + MORE


def test_a_further_part_is_as_the_first_but_for_what_it_says() -> None:
    recipe = load_speech_recipe(DEFAULT)
    first, (second,) = recipe.stage_one(), recipe.further_parts()
    assert second.splice > 0
    assert second.steps != first.steps
    assert (second.shares, second.batch) == (first.shares, first.batch)


def test_the_default_recipe_is_sound() -> None:
    recipe = load_speech_recipe(DEFAULT)
    synthesis = load_synthesis_config(DEFAULT)
    assert "mboshi" not in recipe.human
    assert set(recipe.stage_one().shares) == {*recipe.human, "synthetic"}
    assert not [one for one in recipe.stage_two().shares if espeak_voice(one) is None]
    assert not [one for one in synthesis.languages if espeak_voice(one) is None]
    assert recipe.spotter_config(78).width % recipe.spotter_config(78).heads == 0
    assert recipe.spotter_config(78).key % recipe.known_words().code_parts == 0


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("[speech]\nhuman = {}\n", "'dictionary' is missing"),
        ("[speech]\nhuman = {}\ndictionary = []\n[speech.sounds]\nstpes = 3\n", "unknown key 'stpes'"),
        ("[speech]\nhuman = 3\ndictionary = []\n", "human: expected a table such as { key = value }, got 3"),
        (f"{FURTHER}stpes = 3\n", "number 1: unknown key 'stpes'; the keys are steps"),
        (f"{FURTHER}layers = 3\n", "number 1: layers: must be at least 4, got 3"),
        (f"{FURTHER}layers = 6\n", "number 1: seed: 1 was used before"),
        (
            f"{FURTHER}seed = 2\nlayers = 6\n{MORE}layers = 5\n",
            "number 2: layers: must be at least 6",
        ),
        (
            f"{FURTHER}layers = 6\n[speech.sizes.sounds]\nlayers = 1\n",
            "layers: a network of one block",
        ),
        (f"{FURTHER}splice = 0.5\n", "splice_sets is empty"),
        (f"{FURTHER}splice = 1.5\n", "splice: must be between 0 and 1, got 1.5"),
        (f"{FURTHER}splice_sets = ['arabic']\n", "'arabic' is not in .speech.human.: fsdd"),
        ("[speech]\nhuman = {}\ndictionary = []\n[speech.lexicon]\nbonus = {}\n", "'sources' is missing"),
    ],
)
def test_a_wrong_recipe_is_named(tmp_path: Path, section: str, message: str) -> None:
    (tmp_path / "recipe.toml").write_text(section)
    with pytest.raises(PolyvoxError, match=message):
        load_speech_recipe(tmp_path)
