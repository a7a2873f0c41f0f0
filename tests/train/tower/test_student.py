"""Where a student starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")

from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.modules.direct_tower import DirectTower  # noqa: E402
from polyvox.modules.meaning import MeaningConfig  # noqa: E402
from polyvox.modules.sounds import SoundsConfig  # noqa: E402
from polyvox.modules.speech_tower import SpeechTower  # noqa: E402
from polyvox.train.tower.model_section import Model, Sizes, Student  # noqa: E402
from polyvox.train.tower.student import build_student  # noqa: E402

MODEL = Model("a", sizes=Sizes(width=16, layers=1, heads=2, meaning_width=16, meaning_layers=1))


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    torch.manual_seed(9)
    sounds = SoundsConfig(3, width=16, layers=2, heads=2)
    tower = SpeechTower(["", "a", "b"], sounds, MeaningConfig(3, dimension=8, width=16, layers=1, heads=2))
    tower.save(tmp_path / "earlier" / "tower")
    return tmp_path / "earlier"


def test_a_random_start_is_decided_by_the_seed() -> None:
    def weights(seed: int) -> dict[str, Any]:
        return build_student(MODEL, ["", "a"], 8, seed).state_dict()

    same, again, other = weights(1), weights(1), weights(2)
    assert all(torch.equal(same[name], again[name]) for name in same)
    assert not all(torch.equal(same[name], other[name]) for name in same)


def test_what_fits_is_taken_over(earlier: Path) -> None:
    start = replace(MODEL, start=str(earlier))
    kept = SpeechTower.load(earlier / "tower")
    direct = build_student(start, [""], 8, 0).tower
    assert isinstance(direct, DirectTower)
    assert direct.inventory == ["", "a", "b"]
    name = "sounds.blocks.1.norms.0.weight"
    assert torch.equal(direct.state_dict()[name], kept.state_dict()[name])
    assert torch.equal(direct.sounds.first.weight, kept.sounds.first.weight)
    assert torch.equal(direct.sounds.head.weight, kept.sounds.head.weight)
    assert direct.meaning.embedding.weight.shape == (16, 16)


def test_other_labels_get_a_new_head(earlier: Path) -> None:
    start = replace(MODEL, start=str(earlier), student=Student.SOUNDS)
    kept = SpeechTower.load(earlier / "tower")
    tower = build_student(start, ["", "x", "y"], 16, 0).tower
    assert isinstance(tower, SpeechTower)
    assert torch.equal(tower.sounds.first.weight, kept.sounds.first.weight)
    assert not torch.equal(tower.sounds.head.weight, kept.sounds.head.weight)
    assert tower.meaning.out.weight.shape == (16, 16)


def test_a_start_without_a_tower_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match=r"\[model\] start: .*holds no speech tower"):
        build_student(replace(MODEL, start=str(tmp_path)), [""], 8, 0)
