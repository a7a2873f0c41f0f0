"""Near-duplicate texts."""

from __future__ import annotations

import random

from polyvox.train.duplicates import _jaccard, _shingles, near_duplicates

WORDS = [
    "the",
    "bees",
    "gave",
    "honey",
    "and",
    "fishermen",
    "sold",
    "fish",
    "at",
    "harbour",
    "while",
    "rain",
    "fell",
    "over",
    "fields",
    "near",
    "town",
]


def sentences(count: int) -> list[str]:
    dice = random.Random(1)
    return [" ".join(dice.choices(WORDS, k=8)) + f" {number:05d}" for number in range(count)]


def test_similarity_by_hand() -> None:
    # Shingles of "abcde" are abcd, bcde; of "abcdef" abcd, bcde, cdef: 2 in common of 3.
    assert _jaccard(_shingles("abcde"), _shingles("abcdef")) == 2 / 3
    assert near_duplicates(["abcde", "abcdef"], 0.66) == [1]
    assert near_duplicates(["abcde", "abcdef"], 0.67) == []


def test_case_punctuation_and_spacing_do_not_tell_texts_apart() -> None:
    assert near_duplicates(["Good morning!", "good  morning", "GOOD, MORNING"], 1.0) == [1, 2]


def test_all_copies_are_found_and_nothing_else() -> None:
    texts = sentences(300)
    copies = [text.replace("0", "0 !").upper() for text in texts[:100]]
    assert near_duplicates([*texts, *copies], 0.95) == list(range(300, 400))


def test_texts_of_other_scripts_and_no_letters_are_compared_too() -> None:
    assert near_duplicates(["早上好", "早上好。", "晚上好", "", "..."], 0.9) == [1, 4]
