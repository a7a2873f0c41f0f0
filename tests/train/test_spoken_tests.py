from pathlib import Path
from string import ascii_lowercase

import pytest

from polyvox.train.manifest import Recording, write_manifest
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


def speech(folder: Path, **sets: list[Recording]) -> Path:
    for name, rows in sets.items():
        (folder / name).mkdir()
        write_manifest(folder / name / "manifest.tsv", rows)
    return folder


def test_own_language_and_english_of_test_meanings(tmp_path: Path) -> None:
    found = spoken_test_hashes(speech(tmp_path, meanings=MEANINGS))
    assert found == {text_hash(text) for text in ("Le mot", TESTED.upper(), "sim")}


def test_a_split_of_the_manifest_overrules_the_meaning(tmp_path: Path) -> None:
    found = spoken_test_hashes(speech(tmp_path, split=SPLIT))
    assert found == {text_hash("mwána"), text_hash("un enfant")}


def test_every_set_counts_and_one_that_cannot_be_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = speech(tmp_path, split=SPLIT, meanings=MEANINGS, broken=[])
    (folder / "broken" / "manifest.tsv").write_text("file\ttext\na.ogg\tun mot\n", encoding="utf-8")
    assert len(spoken_test_hashes(folder)) == 5
    assert str(folder / "broken" / "manifest.tsv") in capsys.readouterr().err
    assert spoken_test_hashes(folder / "elsewhere") == set()
