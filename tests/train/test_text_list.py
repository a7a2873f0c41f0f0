from pathlib import Path

import pytest

from polyvox.errors import PolyvoxError
from polyvox.train.casting import SpokenText
from polyvox.train.manifest import ManifestError
from polyvox.train.text_list import read_texts


def written(tmp_path: Path, name: str, *lines: str) -> Path:
    path = tmp_path / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_a_table_gives_texts_with_what_is_known(tmp_path: Path) -> None:
    path = written(
        tmp_path, "t.tsv", "text\tlanguage\ttranslation\tkey", "maji\tswa\twater\tw", "maji\tswa\twater\tw"
    )
    assert read_texts(path) == [SpokenText("maji", "sw", "water", "w")]


def test_a_manifest_is_spoken_by_its_transcripts(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "path,transcript,language", "a.ogg,maji,sw")
    assert read_texts(path) == [SpokenText("maji", "sw")]


def test_columns_may_be_renamed_and_one_language_given(tmp_path: Path) -> None:
    path = written(tmp_path, "t.jsonl", '{"sentence": "maji", "id": 7}')
    read = read_texts(path, language="sw", columns={"text": "sentence", "key": "id"})
    assert read == [SpokenText("maji", "sw", key="7")]


def test_plain_text_needs_a_language(tmp_path: Path) -> None:
    path = written(tmp_path, "t.txt", "maji", "", "moto\u0007 kali")
    assert read_texts(path, language="sw") == [SpokenText("maji", "sw"), SpokenText("moto kali", "sw")]
    with pytest.raises(PolyvoxError, match="give the language of its lines with --language"):
        read_texts(path)


def test_rows_without_text_or_language_are_named(tmp_path: Path) -> None:
    path = written(tmp_path, "t.tsv", "text\tlanguage", "\tsw", "maji\t", "maji\tnot a tag", "moto\tsw")
    problems: list[str] = []
    assert read_texts(path, report=problems.append) == [SpokenText("moto", "sw")]
    assert [problem.split(", ", 1)[1].split(":")[0] for problem in problems] == ["line 2", "line 3", "line 4"]
    assert problems[0].endswith("the row has no text")
    with pytest.raises(ManifestError, match="line 2: the row has no text"):
        read_texts(path)


def test_wrong_columns_are_told(tmp_path: Path) -> None:
    path = written(tmp_path, "t.tsv", "texts\tlang", "maji\tsw")
    with pytest.raises(
        ManifestError, match="'text' is missing; the nearest is 'texts'; there are: texts, lang; needed: text"
    ):
        read_texts(path, language="sw")


def test_a_list_without_texts_is_an_error_that_says_why(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"empty.txt: there is no text in it that could be spoken$"):
        read_texts(written(tmp_path, "empty.txt"), language="en")
    path = written(tmp_path, "t.tsv", "text\tlanguage", "\ten", "maji\t")
    with pytest.raises(ManifestError, match=r"could be spoken; line 2: the row has no text$"):
        read_texts(path, report=lambda _: None)
