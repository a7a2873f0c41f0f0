"""The recipe of the shipped model as one run: stages in order, each once, from where it was killed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the extra 'train'")

from polyvox.errors import PolyvoxError
from polyvox.train import shipped
from polyvox.train.kinds import Order
from polyvox.train.shipped import FIGURES, MODEL, SPEECH, STAGES, TEXT, Stage, run_shipped

RECIPES = Path(__file__).parents[2] / "recipes" / "default"


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the stages did; the text stage leaves a file in the folder of the model, as the real one does."""
    done: list[str] = []

    def stage(name: str) -> Stage:
        def work(order: Order) -> None:
            for folder in (name, MODEL) if name == TEXT else (name,):
                (order.out / folder).mkdir(parents=True, exist_ok=True)
            if name == TEXT:
                (order.out / MODEL / "tokens.npy").touch()
            if name == MODEL:
                assert (order.out / MODEL / "tokens.npy").is_file()
            if name == SPEECH and "killed" not in done:
                done.append("killed")
                raise KeyboardInterrupt
            done.append(name)

        return Stage(name, name, work, (name,))

    monkeypatch.setattr(shipped, "STAGES", [stage(one.folder) for one in STAGES])
    monkeypatch.setattr(shipped, "_problems", lambda order: [])
    return done


def test_a_killed_run_goes_on_and_a_finished_one_rests(worked: list[str], tmp_path: Path) -> None:
    order = Order(RECIPES / "quick", tmp_path, tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        run_shipped(order)
    assert worked == ["text", "spoken", "killed"]
    assert run_shipped(order) == 0
    assert worked[3:] == ["speech", "model", "figures"]
    assert run_shipped(order) == 0
    assert len(worked) == 6
    assert sorted(path.name for path in (tmp_path / "run" / MODEL).iterdir()) == ["tokens.npy"]


def test_a_fresh_run_does_everything_again(worked: list[str], tmp_path: Path) -> None:
    worked.append("killed")
    run_shipped(Order(RECIPES / "quick", tmp_path, tmp_path / "run"))
    run_shipped(Order(RECIPES / "quick", tmp_path, tmp_path / "run", fresh=True))
    assert worked[1:] == ["text", "spoken", "speech", "model", "figures"] * 2
    assert (tmp_path / "run" / FIGURES).is_dir()


@pytest.mark.parametrize("name", ["", "quick"])
def test_a_check_names_what_is_missing(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = Order(RECIPES / name, tmp_path, tmp_path / "run", check=True)
    assert run_shipped(order) > 0
    said = capsys.readouterr().err
    assert f"{tmp_path / 'text' / 'train-cldr.jsonl.xz'} is missing; is --data right?" in said
    with pytest.raises(PolyvoxError, match=r"train-cldr.jsonl.xz is missing"):
        run_shipped(Order(RECIPES / name, tmp_path, tmp_path / "run"))


def test_a_changed_recipe_is_not_taken_for_done(worked: list[str], tmp_path: Path) -> None:
    worked.append("killed")
    recipe = tmp_path / "recipe"
    shutil.copytree(RECIPES / "quick", recipe)
    order = Order(recipe, tmp_path, tmp_path / "run")
    assert run_shipped(order) == 0
    path = recipe / "recipe.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("steps = 30", "steps = 31"), encoding="utf-8")
    with pytest.raises(PolyvoxError, match=r"speech was made by other settings .* remove speech.done"):
        run_shipped(order)
    (tmp_path / "run" / "speech.done").unlink()
    with pytest.raises(PolyvoxError, match="model was made by other settings"):
        run_shipped(order)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"tatoeba"', '"tatoebba"', "tatoebba"),
        ("[256, 32]", "[256, 777]", "777 is not one of"),
    ],
)
def test_what_is_measured_is_checked_before(old: str, new: str, message: str, tmp_path: Path) -> None:
    shutil.copytree(RECIPES / "quick", tmp_path / "recipe")
    path = tmp_path / "recipe" / "recipe.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(PolyvoxError, match=message):
        run_shipped(Order(tmp_path / "recipe", tmp_path, tmp_path / "run", check=True))


def test_the_shipped_model_is_searched_as_its_recipe_says() -> None:
    from polyvox.encode.lexicon import Lexicon
    from polyvox.encode.lexicon_languages import LexiconLanguages
    from polyvox.encode.load import default_model_folder
    from polyvox.train.speech_recipe import load_speech_recipe

    recipe = load_speech_recipe(Path(__file__).parents[2] / "recipes" / "default")
    lexicon = Lexicon.load(default_model_folder())
    languages = LexiconLanguages.load(default_model_folder(), lexicon)
    assert languages is not None
    found = lexicon.search, languages.told, languages.guessed
    assert found == (recipe.word_search(), recipe.told_search(), recipe.guessed_search())
