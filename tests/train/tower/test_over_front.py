"""A head over a frozen front: heard once, tested on what chose nothing, one table of variants."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")
pytest.importorskip("accelerate", reason="needs the extra 'train'")

from polyvox.cli import main  # noqa: E402
from polyvox.cli.exits import Exit  # noqa: E402
from polyvox.encode import load_encoder  # noqa: E402
from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.item import Audio  # noqa: E402
from polyvox.modules.front import log_mel  # noqa: E402
from polyvox.modules.front.protocol import Frames  # noqa: E402
from polyvox.read.sound import load_audio  # noqa: E402
from polyvox.train.tower.recipe import read_recipe  # noqa: E402
from polyvox.train.tower.untrained import measure_untrained  # noqa: E402
from polyvox.train.tower.variants import read_variants  # noqa: E402

from .conftest import MakeRecipe  # noqa: E402

HEAD = {
    'name = "tones"': 'name = "tones"\nstudent = "attention"\nfront = "log-mel"',
    "augment = false": 'augment = false\ndevelopment_splits = []\ndevelopment = 0.2\ntest_splits = ["dev"]',
    'ctc = 0.1\nlabels = "letters"': "",
}
VARIANTS = """
[[variants]]
name = "All of it"
[[variants]]
name = "12 seconds"
data = { hours = 0.0034 }
[[variants]]
name = "shuffled"
control = true
"""


def with_variants(recipe: Path) -> Path:
    with (recipe / "recipe.toml").open("a", encoding="utf-8") as file:
        file.write(VARIANTS)
    return recipe


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    counts: list[int] = []
    real = log_mel.LogMelFront.frames

    def counted(self: log_mel.LogMelFront, recordings: Sequence[Audio]) -> list[Frames]:
        counts.append(len(recordings))
        return real(self, recordings)

    monkeypatch.setattr(log_mel.LogMelFront, "frames", counted)
    return counts


def test_variants_share_what_was_heard_and_end_in_one_table(
    make_recipe: MakeRecipe,
    tones: Path,
    tmp_path: Path,
    heard: list[int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipe = with_variants(make_recipe(HEAD))
    out = tmp_path / "run"
    command = ["train", str(recipe), "--data", str(tones), "--out", str(out), "--variants"]
    assert main(command) == Exit.DONE
    assert sum(heard) == 78
    table = (out / "table.md").read_text().splitlines()
    assert table[2].startswith("| All of it | 0.0")
    results = {
        name: json.loads((out / "variants" / name / "results.json").read_text())
        for name in ("all-of-it", "12-seconds", "shuffled")
    }
    assert results["12-seconds"]["hours"] <= 0.0034 < results["all-of-it"]["hours"]
    assert results["all-of-it"]["test"] == 12
    ranked = (out / "variants" / "all-of-it" / "ranks.tsv").read_text().splitlines()
    assert len(ranked) == 13
    right = sum(line.endswith("\t1") for line in ranked[1:]) / 12
    assert right == pytest.approx(results["all-of-it"]["figures"]["test_recall@1"])
    for result in results.values():
        assert result["figures"]["test_pool"] == 6
        assert 0 <= result["figures"]["test_recall@1"] <= result["figures"]["test_recall@10"] == 1
    assert (out / "hours.svg").is_file()
    assert "| shuffled |" in capsys.readouterr().err


def test_the_model_holds_its_front_and_hears(make_recipe: MakeRecipe, tones: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert main(["train", str(make_recipe(HEAD)), "--data", str(tones), "--out", str(out)]) == Exit.DONE
    card = (out / "model" / "README.md").read_text()
    assert "| test | transcript | 12 | 6 |" in card
    assert "frozen front `log-mel`" in card
    encoder = load_encoder(out / "model")
    recording = load_audio(tones / "fire-water-0.wav")
    alone = encoder.encode_speech([recording])
    together = encoder.encode_speech([recording, load_audio(tones / "moon-salt-0.wav")])
    assert alone.shape == (1, 8)
    assert together[0] == pytest.approx(alone[0], abs=1e-5)
    assert main(["train", str(make_recipe(HEAD)), "--data", str(tones), "--out", str(out)]) == Exit.DONE


def test_the_check_says_how_long_hearing_takes(
    make_recipe: MakeRecipe, tones: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    main(["train", str(make_recipe(HEAD)), "--data", str(tones), "--out", str(out), "--check"])
    assert "minutes of hearing, 8 steps of" in capsys.readouterr().out


def test_a_start_with_other_sizes_and_an_auxiliary_loss_are_refused(
    make_recipe: MakeRecipe, tones: Path, tmp_path: Path
) -> None:
    out, head = tmp_path / "run", HEAD['name = "tones"']

    def trained(changes: dict[str, str], name: str) -> int:
        recipe = make_recipe({**HEAD, **changes})
        return main(["train", str(recipe), "--data", str(tones), "--out", str(tmp_path / name)])

    assert trained({}, "run") == Exit.DONE
    on = {'name = "tones"': f'{head}\nstart = "{out}"'}
    assert trained(on, "on") == Exit.DONE
    assert trained({**on, "meaning_width = 16": "meaning_width = 32"}, "wide") == Exit.FAILED
    spelled = {name: value for name, value in HEAD.items() if not name.startswith("ctc")}
    with pytest.raises(PolyvoxError, match="a head over a front spells nothing"):
        read_recipe(make_recipe(spelled))


def test_a_teacher_that_hears_is_measured_before_it_is_trained(
    make_recipe: MakeRecipe, tones: Path, tmp_path: Path
) -> None:
    recipe = read_recipe(make_recipe({**HEAD, 'teacher = "': 'teacher = "default" # "'}))
    figures = measure_untrained(recipe, tones, tmp_path / "run")
    assert figures is not None
    assert figures["pool"] == 6
    assert 0 <= figures["recall@1"] <= figures["recall@10"] == 1
    assert measure_untrained(recipe, tmp_path / "data that is gone", tmp_path / "run") == figures
    deaf = read_recipe(make_recipe(HEAD))
    assert measure_untrained(deaf, tones, tmp_path / "other") is None


def test_wrong_variants_are_named(make_recipe: MakeRecipe) -> None:
    with pytest.raises(PolyvoxError, match="has no \\[\\[variants\\]\\]"):
        read_variants(make_recipe(HEAD))
    recipe = with_variants(make_recipe(HEAD))
    path = recipe / "recipe.toml"
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace("{ hours = 0.0034 }", "{ hour = 1 }"), encoding="utf-8")
    with pytest.raises(PolyvoxError, match=r"'12 seconds' data: unknown key 'hour'.*hours"):
        read_variants(recipe)
    path.write_text(good.replace('"shuffled"', '"12 seconds"'), encoding="utf-8")
    with pytest.raises(PolyvoxError, match="two variants share a name"):
        read_variants(recipe)
    path.write_text(good.replace('"shuffled"', '"12: seconds"'), encoding="utf-8")
    with pytest.raises(PolyvoxError, match="two variants share a name"):
        read_variants(recipe)


def test_control_of_a_variant_is_true_or_false(make_recipe: MakeRecipe) -> None:
    recipe = make_recipe()
    with (recipe / "recipe.toml").open("a", encoding="utf-8") as file:
        file.write('[[variants]]\nname = "short"\ncontrol = "no"\n')
    with pytest.raises(PolyvoxError, match="'short' control: expected true or false, got 'no'"):
        read_variants(recipe)
