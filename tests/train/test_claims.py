"""A part of a run that was begun with other settings is not gone on with."""

from pathlib import Path

import pytest

from polyvox.errors import PolyvoxError
from polyvox.train.claims import claim, claimed


def test_a_part_keeps_its_settings(tmp_path: Path) -> None:
    claim(tmp_path, "ears", {"steps": 3, "shares": {"a": 1.0}})
    (tmp_path / "ears.safetensors").touch()
    claim(tmp_path, "ears", {"steps": 3, "shares": {"a": 1.0}})
    claim(tmp_path, "words", {"steps": 5})
    assert claimed(tmp_path) == {"ears": {"steps": 3, "shares": {"a": 1.0}}, "words": {"steps": 5}}
    with pytest.raises(
        PolyvoxError, match=r"ears.safetensors was begun with other settings of seed, steps; rem"
    ):
        claim(tmp_path, "ears", {"steps": 4, "shares": {"a": 1.0}, "seed": 1})


def test_a_part_that_was_removed_may_begin_otherwise(tmp_path: Path) -> None:
    claim(tmp_path, "ears", {"steps": 3})
    claim(tmp_path, "ears", {"steps": 4})
    assert claimed(tmp_path) == {"ears": {"steps": 4}}
