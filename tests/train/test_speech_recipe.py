from pathlib import Path

import pytest

pytest.importorskip("torch")

from polyvox.errors import PolyvoxError
from polyvox.train.languages import espeak_voice
from polyvox.train.speech_recipe import load_speech_recipe
from polyvox.train.spoken_texts import load_synthesis_config

DEFAULT = Path(__file__).parents[2] / "recipes" / "default"

GROWN = "[speech]\nhuman = {}\ndictionary = []\n[[speech.grown]]\n"


def test_growth_is_as_stage_one_but_for_what_it_says() -> None:
    recipe = load_speech_recipe(DEFAULT)
    (grown,) = recipe.growth()
    assert grown.layers == 6
    assert grown.steps != recipe.stage_one().steps
    assert grown.shares == recipe.stage_one().shares
    assert grown.batch == recipe.stage_one().batch


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
        (f"{GROWN}layers = 6\nstpes = 3\n", "number 1: unknown key 'stpes'; the keys are steps"),
        (f"{GROWN}seed = 2\n", "number 1: the key 'layers' is missing"),
        (f"{GROWN}seed = 2\nlayers = 4\n", "number 1: layers: must be at least 5, got 4"),
        (f"{GROWN}layers = 6\n", "number 1: seed: 1 was used before"),
        (
            f"{GROWN}layers = 6\nseed = 2\n[[speech.grown]]\nlayers = 6\n",
            "number 2: layers: must be at least 7",
        ),
        (
            f"{GROWN}layers = 6\nseed = 2\n[speech.sizes.sounds]\nlayers = 1\n",
            "grows: must be at least 2, got 1",
        ),
        ("[speech]\nhuman = {}\ndictionary = []\n[speech.lexicon]\nbonus = {}\n", "'sources' is missing"),
    ],
)
def test_a_wrong_recipe_is_named(tmp_path: Path, section: str, message: str) -> None:
    (tmp_path / "recipe.toml").write_text(section)
    with pytest.raises(PolyvoxError, match=message):
        load_speech_recipe(tmp_path)
