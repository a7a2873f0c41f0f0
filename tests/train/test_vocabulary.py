"""The vocabulary: weighted words first, pieces for the others, the same every time."""

from __future__ import annotations

import pytest

from polyvox.train.rows import ParallelRow
from polyvox.train.vocabulary import choose_vocabulary, empty_tokenizer, word_masses

ROWS = [
    ParallelRow("s", {"en": "the red house", "de": "das rote Haus"}),
    ParallelRow("s", {"en": "the house", "en#2": "The house!", "de": "das Haus"}),
]


def test_masses_are_counts_where_the_exponent_is_one() -> None:
    masses = word_masses(ROWS, 1.0, {}, {})
    assert masses["the"] == 3
    assert masses["house"] == 3
    assert masses["haus"] == 2
    assert masses["!"] == 1


def test_languages_weigh_the_same_where_the_exponent_is_zero() -> None:
    masses = word_masses(ROWS, 0.0, {"de": 2.0}, {})
    # English has seven strings between spaces, German five.
    assert masses["the"] == pytest.approx(3 / 7)
    assert masses["haus"] == pytest.approx(2 * 2 / 5)


def test_languages_are_weighed_source_by_source() -> None:
    rows = [*ROWS, ParallelRow("t", {"en": "house"})]
    masses = word_masses(rows, 0.0, {}, {"t": 3.0})
    assert masses["house"] == pytest.approx(3 / 7 + 3)


def test_frequent_words_stay_whole_and_others_fall_into_pieces() -> None:
    tokenizer = choose_vocabulary(ROWS, 40, 1.0, {}, {})
    assert tokenizer.get_vocab_size() <= 40
    assert tokenizer.encode("The HOUSE").tokens == ["the", "house"]
    assert "".join(tokenizer.encode("hausrot").tokens) == "hausrot"
    assert tokenizer.encode("☂").ids == [0]


def test_the_choice_is_the_same_every_time() -> None:
    assert (
        choose_vocabulary(ROWS, 40, 0.5, {}, {}).to_str() == choose_vocabulary(ROWS, 40, 0.5, {}, {}).to_str()
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Où est-il ?", ["où", "est", "-", "il", "?"]),
        ("السَّلَامُ", ["السلام"]),
        ("ＡＢＣ", ["abc"]),
        ("don’t", ["don", "'", "t"]),
    ],
)
def test_words_are_found_and_levelled(text: str, words: list[str]) -> None:
    tokenizer = empty_tokenizer()
    normal = tokenizer.normalizer.normalize_str(text)
    assert [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal)] == words
