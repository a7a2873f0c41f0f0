from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyvox.errors import ReadError
from polyvox.read import ReadOptions
from polyvox.read.passage import Passage
from polyvox.read.table import read_csv, read_jsonl, read_tsv, whole_lines

Reader = Callable[[BinaryIO, str, ReadOptions], Iterator[Passage | ReadError]]


def read(reader: Reader, text: str, column: str | None = None) -> list[object]:
    """Passages as (content, locator, language, metadata), problems as their reasons."""
    found = reader(BytesIO(text.encode()), "a", ReadOptions(text_column=column))
    return [
        entry.reason
        if isinstance(entry, ReadError)
        else (entry.content, entry.locator, entry.language, dict(entry.metadata))
        for entry in found
    ]


def test_csv() -> None:
    text = 'id,Text,lang,empty\n1,"He said ""hi"", twice",en_GB,\n2,two,xx,\n3,"two\nlines",,\n'
    assert read(read_csv, text) == [
        ('He said "hi", twice', "row 2", "en-GB", {"id": "1"}),
        ("two", "row 3", None, {"id": "2", "lang": "xx"}),
        ("two lines", "row 4", None, {"id": "3"}),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_delimiters(delimiter: str) -> None:
    text = f"id{delimiter}sentence\n7{delimiter}Hello\n"
    assert read(read_csv, text) == [("Hello", "row 2", None, {"id": "7"})]


def test_bad_rows_are_named_and_nothing_else_is_lost() -> None:
    assert read(read_csv, "text,n\none,1\ntwo\nthree,3,3\n,4\n\nfive,5\n") == [
        ("one", "row 2", None, {"n": "1"}),
        "row 3: 1 cells under a header of 2",
        "row 4: 3 cells under a header of 2",
        "row 5: no text in the column 'text'",
        ("five", "row 7", None, {"n": "5"}),
    ]


def test_tsv_keeps_quotes_inside_cells() -> None:
    assert read(read_tsv, 'n\ttext\n1\ta " b\n2\t"say ""hi"""\n') == [
        ('a " b', "row 2", None, {"n": "1"}),
        ('say "hi"', "row 3", None, {"n": "2"}),
    ]


def test_text_column() -> None:
    assert read(read_csv, "a,b\nx,y\n", column="b") == [("y", "row 2", None, {"a": "x"})]
    with pytest.raises(ReadError, match=r"'c' among: a, b; name the one.*--text-column"):
        read(read_csv, "a,b\nx,y\n", column="c")
    with pytest.raises(ReadError, match=r"among: a, b; name the one.*--text-column"):
        read(read_jsonl, '{"a": 1, "b": 2}\n')


def test_jsonl() -> None:
    rows = [
        {
            "text": "one",
            "n": 1,
            "ok": True,
            "ratio": 0.5,
            "none": None,
            "deep": [1],
            "language": "sw",
        },
        "a plain string",
        {"text": " "},
        {"text": 5},
        {"other": "x"},
        [1],
        {"text": "two\ud800"},
    ]
    text = "\n".join(map(json.dumps, rows)) + "\n\n{bad\n" + "[" * 100_000 + '\n{"text": "last"}'
    assert read(read_jsonl, text) == [
        ("one", "row 1", "sw", {"n": "1", "ok": "true", "ratio": "0.5"}),
        ("a plain string", "row 2", None, {}),
        "row 3: no text in the column 'text'",
        "row 4: something other than a text in the column 'text'",
        "row 5: no text in the column 'text'",
        "row 6: is not a JSON object",
        ("two?", "row 7", None, {}),
        "row 9: is not JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1))",
        *[reason for reason in read(read_jsonl, "\n" * 9 + "[" * 100_000) if isinstance(reason, str)],
        ("last", "row 11", None, {}),
    ]


def test_a_quote_that_is_never_closed_does_not_hang() -> None:
    found = read(read_csv, 'text\nfine\n"open\n' + "more\n" * 1000)
    assert found[0] == ("fine", "row 2", None, {})


def test_overlong_rows_are_dropped_and_counted() -> None:
    long = "x" * (9 << 20)
    assert read(read_jsonl, f'{{"text": "a"}}\n{{"text": "{long}"}}\n{{"text": "b"}}') == [
        ("a", "row 1", None, {}),
        "row 2: is longer than 8 MiB",
        ("b", "row 3", None, {}),
    ]
    found = read(read_csv, f"text,n\na,1\n{long},2\nb,3\n")
    assert len(found) == 3
    assert isinstance(found[1], str)
    assert found[2] == ("b", "row 4", None, {"n": "3"})


@given(st.lists(st.text(alphabet="ab\n", max_size=9)))
def test_whole_lines_are_the_lines(blocks: list[str]) -> None:
    text = "".join(blocks)
    assert list(whole_lines(blocks, 10_000)) == (text.removesuffix("\n").split("\n") if text else [])
    short = [line if len(line) <= 3 else None for line in whole_lines(blocks, 10_000) if line is not None]
    assert list(whole_lines(blocks, 3)) == short
