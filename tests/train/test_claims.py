"""A part of a run that was begun with other settings is not gone on with."""

from pathlib import Path

import pytest

from polyvox.errors import PolyvoxError
from polyvox.train.claims import PARTS_FILE, claim


def test_a_part_keeps_its_settings(tmp_path: Path) -> None:
    claim(tmp_path, "ears", {"steps": 3, "shares": {"a": 1.0}})
    (tmp_path / "ears.safetensors").touch()
    claim(tmp_path, "words", {"steps": 5})
    claim(tmp_path, "ears", {"steps": 3, "shares": {"a": 1.0}})
    with pytest.raises(
        PolyvoxError, match=r"ears.safetensors was begun with other settings of seed, steps; rem"
    ):
        claim(tmp_path, "ears", {"steps": 4, "shares": {"a": 1.0}, "seed": 1})


def test_a_part_that_was_removed_may_begin_otherwise(tmp_path: Path) -> None:
    claim(tmp_path, "ears", {"steps": 3})
    claim(tmp_path, "ears", {"steps": 4})
    (tmp_path / "ears.safetensors").touch()
    claim(tmp_path, "ears", {"steps": 4})
    with pytest.raises(PolyvoxError, match="other settings of steps"):
        claim(tmp_path, "ears", {"steps": 3})


def test_a_part_of_which_nothing_is_known_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ears.safetensors").touch()
    with pytest.raises(PolyvoxError, match="other settings of steps"):
        claim(tmp_path, "ears", {"steps": 3})


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / PARTS_FILE).write_text("{")
    with pytest.raises(PolyvoxError, match=r"parts.json: is damaged"):
        claim(tmp_path, "ears", {"steps": 3})
