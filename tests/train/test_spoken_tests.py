from pathlib import Path
from string import ascii_lowercase

import pytest

from polyvox.train.manifest import ManifestError, Recording, write_manifest
from polyvox.train.rows import text_hash
from polyvox.train.split import Part, part_of
from polyvox.train.spoken_tests import spoken_test_hashes


def _word(part: Part) -> str:
    return next(word for letter in ascii_lowercase if part_of(word := f"word {letter}") is part)


TESTED, TRAINED = _word(Part.TEST), _word(Part.TRAIN)
SPLIT = [
    Recording("1.ogg", "mdw", TESTED, "train", "ngá", "fr", "une blessure"),
    Recording("2.ogg", "mdw", TRAINED, "dev", "mwána", "fr", "Un enfant."),
]
MEANINGS = [
    Recording("3.ogg", "fr", f"words/{TESTED.replace(' ', '_')}", "", "le mot"),
    Recording("4.ogg", "fr", f"words/{TRAINED.replace(' ', '_')}", "", "un autre"),
    Recording("5.ogg", "pt", "{8d7b}", "", "sim!", "en", TESTED),
    Recording("6.ogg", "pt", "{8d7c}", "", "?", "en", TRAINED),
]


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    for name, rows in (("split", SPLIT), ("meanings", MEANINGS)):
        (tmp_path / name).mkdir()
        write_manifest(tmp_path / name / "manifest.tsv", rows)
    return tmp_path


def test_own_language_and_english_of_test_meanings(speech: Path) -> None:
    found = spoken_test_hashes(speech, ["meanings"])
    assert found == {text_hash(text) for text in ("Le mot", TESTED.upper(), "sim")}


def test_a_split_of_the_manifest_overrules_the_meaning(speech: Path) -> None:
    assert spoken_test_hashes(speech, ["split"]) == {text_hash("mwána"), text_hash("un enfant")}


def test_all_sets_where_none_is_named_and_none_where_there_are_none(speech: Path) -> None:
    both = spoken_test_hashes(speech, ["split"]) | spoken_test_hashes(speech, ["meanings"])
    assert spoken_test_hashes(speech) == both
    assert spoken_test_hashes(speech / "elsewhere") == set()


def test_a_named_set_must_be_there(speech: Path) -> None:
    with pytest.raises(ManifestError, match="other"):
        spoken_test_hashes(speech, ["other"])
