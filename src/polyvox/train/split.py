"""Which meanings are kept out of training, whoever says them and in whatever language."""

from __future__ import annotations

import hashlib
from enum import StrEnum

TEST_SHARE = 0.30
DEVELOPMENT_SHARE = 0.03
_SEED = "polyvox-1"
_DIGITS = dict(
    zip(
        "0123456789",
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
        strict=True,
    )
)


class Part(StrEnum):
    """The three parts of the human recordings."""

    TRAIN = "train"
    DEVELOPMENT = "development"
    TEST = "test"


def meaning(key: str, translation: str = "", transcript: str = "") -> str:
    """What a recording means, in plain lower-case English, from its manifest row.

    GCompris keys end in an English word; other sets have an English translation or, for digits, a
    transcript. `1` and `one` are one meaning, and so are `geography/asia/iran` and `geography/iran`.

    >>> meaning("geography/asia/sri_lanka"), meaning("{8d7b}", "1"), meaning("{24e8}", "A coffee, please.")
    ('sri lanka', 'one', 'a coffee please')
    """
    text = key.rsplit("/", 1)[-1].replace("_", " ") if "/" in key else translation or transcript or key
    kept = "".join(letter if letter.isalnum() else " " for letter in text.casefold())
    return " ".join(_DIGITS.get(word, word) for word in kept.split())


def part_of(what: str) -> Part:
    """The part that a meaning belongs to: a fixed seeded hash, so that every run and every set agrees.

    >>> part_of("sri lanka") == part_of("sri lanka")
    True
    """
    digest = hashlib.sha256(f"{_SEED}:{what}".encode()).digest()
    position = int.from_bytes(digest[:8], "big") / 2**64
    if position < TEST_SHARE:
        return Part.TEST
    return Part.DEVELOPMENT if position < TEST_SHARE + DEVELOPMENT_SHARE else Part.TRAIN


def named_part(split: str, part: Part) -> Part:
    """The part of a recording whose manifest names its split: anything but `train` is test; else `part`.

    >>> named_part("dev", Part.TRAIN) is Part.TEST, named_part("", Part.TRAIN) is Part.TRAIN
    (True, True)
    """
    if not split:
        return part
    return Part.TRAIN if split == Part.TRAIN else Part.TEST
