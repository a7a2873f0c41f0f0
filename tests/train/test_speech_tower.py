"""Stage one with all its parts, in one run or in several."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import Tensor  # noqa: E402

from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.item import Audio  # noqa: E402
from polyvox.train import speech_tower, splicing  # noqa: E402
from polyvox.train.augment import Augmentation  # noqa: E402
from polyvox.train.feature_store import Example, FeatureStore, build_store  # noqa: E402
from polyvox.train.sounds import train_sounds  # noqa: E402
from polyvox.train.speech_recipe import SpeechRecipe  # noqa: E402
from polyvox.train.waves import write_wav  # noqa: E402

SOUNDS = ["", "a", "b"]
STEP = {"steps": 3, "warmup": 1, "decay": 2}


def recipe(**further: object) -> SpeechRecipe:
    return SpeechRecipe(
        human={"gcompris": 1},
        dictionary=(),
        sounds={**STEP, "batch": 4, "shares": {"gcompris": 1.0}},
        further=(
            {"layers": 3, "seed": 2, **STEP, **further},
            {"seed": 3, **STEP, "splice": 0.5, "splice_sets": ["gcompris"]},
        ),
        sizes={"sounds": {"width": 16, "layers": 2, "heads": 2, "kernel": 3, "conditioned": True}},
    )


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> list[FeatureStore]:
    folder = tmp_path_factory.mktemp("speech")
    examples = []
    for number in range(8):
        path = folder / f"{number}.wav"
        write_wav(path, Audio(np.sin(np.arange(6_000) * 0.02 * (number + 1)).astype(np.float32)))
        part = "development" if number == 7 else "train"
        examples.append(Example(str(path), "gcompris", "en", part, ("a", "b"), "ab", "", ""))
    return [build_store(examples, folder / "store", Augmentation(), 0)]


def learned(stores: list[FeatureStore], out: Path, **further: object) -> dict[str, Tensor]:
    return speech_tower.learn_sounds(recipe(**further), stores, SOUNDS, out).finished.state_dict()


@pytest.fixture(autouse=True)
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a network says that has learned nothing is good enough to cut by."""
    monkeypatch.setattr(splicing, "_DOUBTFUL", -99.0)


@pytest.mark.parametrize(("part", "stop"), [("sounds", 2), ("sounds-2", 0), ("sounds-2", 2), ("sounds-3", 2)])
def test_a_killed_run_ends_in_the_same_network(
    stores: list[FeatureStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, stop: int
) -> None:
    whole = learned(stores, tmp_path / "whole")

    def killed(*arguments: object, name: str = "sounds") -> None:
        train_sounds(*arguments, name=name, stop=stop if name == part else None)  # type: ignore[arg-type]
        if name == part:
            raise KeyboardInterrupt

    monkeypatch.setattr(speech_tower, "train_sounds", killed)
    with pytest.raises(KeyboardInterrupt):
        learned(stores, tmp_path / "parts")
    monkeypatch.setattr(speech_tower, "train_sounds", train_sounds)
    resumed = learned(stores, tmp_path / "parts")
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    kept = sorted(path.name for path in (tmp_path / "parts").iterdir())
    parts = [f"sounds{number}.safetensors" for number in ("-2", "-3", "")]
    assert kept == sorted(["parts.json", "sounds-3.spikes.npz", *parts])
    assert sum(name.endswith("attention.qkv.weight") for name in whole) == 3
    with np.load(tmp_path / "parts" / "sounds-3.spikes.npz") as cuts:
        assert len(cuts["places"]) == 7


def test_splices_are_what_the_last_part_learned_from(stores: list[FeatureStore], tmp_path: Path) -> None:
    spliced = learned(stores, tmp_path / "spliced")
    asked = recipe()
    plain = replace(asked, further=(asked.further[0], {"seed": 3, **STEP}))
    other = speech_tower.learn_sounds(plain, stores, SOUNDS, tmp_path / "plain").finished.state_dict()
    assert not all(torch.equal(spliced[name], other[name]) for name in other)


def test_the_first_part_is_kept_for_mishearing(stores: list[FeatureStore], tmp_path: Path) -> None:
    ears = speech_tower.learn_sounds(recipe(), stores, SOUNDS, tmp_path)
    alone = speech_tower.learn_sounds(replace(recipe(), further=()), stores, SOUNDS, tmp_path / "alone")
    weights = alone.finished.state_dict()
    assert all(torch.equal(weights[name], value) for name, value in ears.first.state_dict().items())
    assert ears.first_made_by == alone.first_made_by
    assert len(ears.finished.blocks) == 3


def test_a_part_that_was_begun_otherwise_is_refused(stores: list[FeatureStore], tmp_path: Path) -> None:
    learned(stores, tmp_path)
    with pytest.raises(PolyvoxError, match=r"sounds-2.safetensors was begun with other settings of sounds-2"):
        learned(stores, tmp_path, learning_rate=1e-4)
