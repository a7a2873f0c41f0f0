"""Parallel rows: cleaning, exclusion of test texts, repetition."""

from __future__ import annotations

import json
import lzma
from collections.abc import Sequence
from pathlib import Path

import pytest

from polyvox.errors import PolyvoxError
from polyvox.train.rows import (
    RowCounts,
    clean,
    held_out_files,
    held_out_hashes,
    read_rows,
    text_hash,
)


def write(path: Path, rows: Sequence[object]) -> Path:
    with lzma.open(path, "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return path


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("- Use `ls -l` to list <b>all</b> files", "en", "Use to list all files"),
        ("See [the page](https://a.b/c) or https://d.e", "en", "See the page or"),
        ("א big ב /big ראשית ברא", "he", "ראשית ברא"),
        ("gxi kusxigxis", "eo", "ĝi kuŝiĝis"),
        ("gxi", "fr", "gxi"),
        ("**Note** this", "en", "Note this"),
    ],
)
def test_cleaning(text: str, language: str, expected: str) -> None:
    assert clean(text, language) == expected


def test_the_hash_sees_letters_and_signs_only() -> None:
    assert text_hash("Où est-il ?") == text_hash("où  est il")
    assert text_hash("Ou est il") != text_hash("Où est il")
    assert text_hash("कि") != text_hash("का")


def test_test_texts_never_reach_training(tmp_path: Path) -> None:
    write(
        tmp_path / "test-a.jsonl.xz",
        [{"eng": "How are you?", "deep": {"list": ["Good night"]}}],
    )
    hashes = held_out_hashes(held_out_files(tmp_path))
    counts = RowCounts()
    rows = [
        {"en": "how are you", "de": "Wie geht es dir?", "fr": "Comment vas-tu ?"},
        {"en": "good night!", "de": "Gute Nacht"},
    ]
    path = write(tmp_path / "train-a.jsonl.xz", rows)
    kept = list(read_rows(path, "a", counts, hashes))
    assert [row.texts for row in kept] == [{"de": "Wie geht es dir?", "fr": "Comment vas-tu ?"}]
    assert counts.texts_in_tests == 2
    assert (counts.rows_read, counts.rows_kept) == (2, 1)


def test_repeated_rows_are_dropped(tmp_path: Path) -> None:
    rows = [
        {"en": "Yes", "de": "Ja"},
        {"en": "yes.", "de": "ja!"},
        {"en": "Yes", "de": "Doch"},
    ]
    counts = RowCounts()
    kept = list(read_rows(write(tmp_path / "a.jsonl.xz", rows), "a", counts, set()))
    assert len(kept) == 2
    assert counts.rows_repeated == 1


def test_rows_of_one_language_and_texts_without_letters_are_dropped(
    tmp_path: Path,
) -> None:
    counts = RowCounts()
    path = write(tmp_path / "a.jsonl.xz", [{"en": "Yes"}, {"en": "12", "de": "zwölf"}])
    assert list(read_rows(path, "a", counts, set())) == []
    assert counts.texts_too_short == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match="no such file"):
        list(read_rows(tmp_path / "none.jsonl.xz", "a", RowCounts(), set()))


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.xz"
    with lzma.open(path, "wt", encoding="utf-8") as stream:
        stream.write('{"en": "a", "de": "b"}\n{"en": \n')
    with pytest.raises(PolyvoxError, match=r"line 2: not JSON"):
        list(read_rows(path, "a", RowCounts(), set()))


def test_something_else_than_a_row_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl.xz", [["en", "de"]])
    with pytest.raises(PolyvoxError, match="line 1: expected an object"):
        list(read_rows(path, "a", RowCounts(), set()))
