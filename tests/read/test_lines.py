from __future__ import annotations

import io

import pytest

from polyvox.errors import ReadError
from polyvox.read import ReadOptions
from polyvox.read.lines import read_lines


def test_a_line_is_an_item_however_long_or_wrapped() -> None:
    long = "word " * 400
    data = f"A wrapped line of a paragraph that goes\n\non\n  {long}\n".encode()
    items = list(read_lines(io.BytesIO(data), "a.txt", ReadOptions(language="en")))
    assert [item.content for item in items] == [
        "A wrapped line of a paragraph that goes",
        "on",
        long.strip(),
    ]
    assert [item.locator for item in items] == ["line 1", "line 3", "line 4"]
    assert [item.position for item in items] == [0, 1, 2]
    assert {item.language for item in items} == {"en"}


def test_languages_are_detected_where_none_is_given() -> None:
    data = b"Wo kann ich frischen Fisch kaufen?\nWhere can I buy fresh fish?\n"
    items = list(read_lines(io.BytesIO(data), "a.txt", ReadOptions()))
    assert [item.language for item in items] == ["de", "en"]


def test_no_line_is_an_error() -> None:
    with pytest.raises(ReadError, match="holds no text"):
        list(read_lines(io.BytesIO(b"\n \n"), "a.txt", ReadOptions()))
