from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("sentence_transformers")

from polyvox.train.kinds import Order, carry_out

from .tiny import data, recipe


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return data(tmp_path_factory.mktemp("sonar") / "data")


@pytest.fixture(scope="module")
def whole(folder: Path) -> Path:
    out = folder.parent / "whole"
    stages = ("decoder", "contrast", "hard", "extend", "extend-2", "speech", "spectrum")
    assert carry_out(Order(recipe(folder.parent / "recipe", *stages), folder, out)) == 0
    return out


def test_every_stage_is_measured_and_in_the_table(whole: Path) -> None:
    table = (whole / "table.md").read_text(encoding="utf-8")
    for stage in ("begin", "translate", "decoder", "contrast", "hard", "extend", "extend-2"):
        assert f"\n| {stage} | " in table
        figures = json.loads((whole / stage / "figures.json").read_text(encoding="utf-8"))
        for found in figures["mining"]["tatoeba"].values():
            assert 0 <= found["xsim"] <= found["xsim++"] <= 1
    assert "Spectrum" in table
    assert "fr, shuffled" in table
