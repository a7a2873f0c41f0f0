"""Long parallel rows are cut where their languages agree."""

from __future__ import annotations

import numpy as np
import pytest

from polyvox.train.clauses import ClauseMarks, halves
from polyvox.train.packed import PackedRows, TokenBags

COMMA = 9
DIRECTIONS = 8


def vectors() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Tokens 1 to 8 have a direction each; 11 to 18 are their translations; the comma is nothing."""
    table = np.zeros((20, DIRECTIONS), np.float32)
    for number in range(DIRECTIONS):
        table[1 + number, number] = table[11 + number, number] = 1.0
    return table


def marks() -> ClauseMarks:
    """The comma ends a clause; 8 and 18 are numbers."""
    return ClauseMarks.of(
        {"a" * n: n for n in range(20) if n not in (COMMA, 8, 18)} | {",": COMMA, "8": 8, "18": 18}, 20
    )


def packed(*rows: dict[str, list[int]]) -> PackedRows:
    """Rows of token numbers."""
    languages = tuple(sorted({tag for row in rows for tag in row}))
    texts = [tokens for row in rows for tokens in row.values()]
    sizes = [len(row) for row in rows]
    return PackedRows(
        source="s",
        languages=languages,
        row_starts=np.concatenate([[0], np.cumsum(sizes)]),
        row_of=np.repeat(np.arange(len(rows)), sizes),
        language_of=np.array([languages.index(tag) for row in rows for tag in row]),
        hash_of=np.arange(len(texts)),
        bags=TokenBags(
            np.array([token for tokens in texts for token in tokens], np.int32),
            np.concatenate([[0], np.cumsum([len(tokens) for tokens in texts])]),
        ),
    )


def contents(rows: PackedRows) -> list[dict[str, list[int]]]:
    found: list[dict[str, list[int]]] = []
    for begin, end in zip(rows.row_starts[:-1], rows.row_starts[1:], strict=True):
        texts = range(begin, end)
        tags = [rows.languages[rows.language_of[text]] for text in texts]
        found.append(
            {tag: rows.bags.take(np.array([t]))[0].tolist() for tag, t in zip(tags, texts, strict=True)}
        )
    return found


ENGLISH = [1, 2, 3, COMMA, 4, 5, 6]
GERMAN = [11, COMMA, 12, 13, COMMA, 14, 15, 16]
"""Two marks, and the second is the right one."""


def cut(rows: PackedRows, fewest: int = 6) -> list[dict[str, list[int]]]:
    found = halves(rows, vectors(), marks(), pivot="en", fewest=fewest)
    return contents(found) if found else []


def test_the_other_language_is_cut_where_its_parts_mean_the_same() -> None:
    first, second = {"de": GERMAN[:5], "en": ENGLISH[:4]}, {"de": GERMAN[5:], "en": ENGLISH[4:]}
    assert cut(packed({"de": GERMAN, "en": ENGLISH})) == [first, second]


def test_rows_that_cannot_be_cut_are_left_out() -> None:
    short = {"de": [11, COMMA, 12], "en": [1, COMMA, 2]}
    found = cut(packed(short, {"de": GERMAN, "en": ENGLISH}, short))
    assert len(found) == 2
    assert cut(packed(short)) == []
    assert cut(packed({"de": GERMAN, "en": ENGLISH}), fewest=8) == []


def test_a_text_without_a_fitting_mark_is_left_out() -> None:
    """French has no mark, Spanish says it the other way round, Italian is cut too early."""
    row = {
        "en": ENGLISH,
        "de": GERMAN,
        "fr": [11, 12, 13, 14, 15, 16],
        "es": [14, 15, 16, COMMA, 11, 12, 13],
        "it": [11, 12, 13, COMMA, *[14, 15, 16] * 4],
    }
    assert [set(half) for half in cut(packed(row))] == [{"de", "en"}, {"de", "en"}]


def test_a_row_without_the_pivot_is_cut_by_its_first_text() -> None:
    first, second = cut(packed({"de": ENGLISH, "fr": GERMAN}))
    assert first == {"de": ENGLISH[:4], "fr": GERMAN[:5]}
    assert second == {"de": ENGLISH[4:], "fr": GERMAN[5:]}


def test_equal_parts_are_known_as_equal() -> None:
    other = {"de": [*GERMAN[:5], 17, 17, 17], "en": [*ENGLISH[:4], 7, 7, 7]}
    found = halves(packed({"de": GERMAN, "en": ENGLISH}, other), vectors(), marks(), pivot="en", fewest=6)
    assert found is not None
    hashes = found.hash_of.reshape(4, 2)
    assert (hashes[0] == hashes[1]).all()
    assert (hashes[2] != hashes[3]).all()


def test_many_rows_are_cut_as_single_ones_are(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = packed(*[{"de": GERMAN, "en": ENGLISH}, {"de": ENGLISH, "en": GERMAN}] * 4)
    whole = cut(rows)
    monkeypatch.setattr("polyvox.train.clauses._ROWS_AT_ONCE", 3)
    assert cut(rows) == whole
    assert len(whole) == 16


def test_marks_of_a_vocabulary() -> None:
    marks = ClauseMarks.of({"a": 0, ",": 1, "(": 2, "…": 3, "14": 4, "": 5, "՛": 6, "x.y": 7}, 9)
    assert np.flatnonzero(marks.ends).tolist() == [1, 3]
    assert np.flatnonzero(marks.words).tolist() == [0, 7]
    assert np.flatnonzero(marks.digits).tolist() == [4]


def test_a_part_has_words_and_a_number_is_not_cut() -> None:
    """Commas are no part; 8 , 8 is a number."""
    commas = [COMMA] * 4
    assert cut(packed({"de": [*GERMAN[5:] * 2, *commas], "en": [*ENGLISH[4:] * 2, *commas]})) == []
    number = {"de": [11, 12, 13, 18, COMMA, 18, 14, 15, 16], "en": [1, 2, 3, 8, COMMA, 8, 4, 5, 6]}
    assert cut(packed(number)) == []
