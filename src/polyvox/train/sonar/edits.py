"""Synthetic hard negatives by rule: another number, another name, the opposite (after xsim++, 2306.12907)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_NUMBERS = (
    *("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("twenty", "thirty", "forty", "fifty", "hundred", "thousand"),
)
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(_NUMBERS)})\b", re.IGNORECASE)
_NOT = re.compile(r"(?:\s+not\b|n['’]t\b)", re.IGNORECASE)
_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|am|will|shall|can|could|would|should|must|may|might|has|have|had|do|does|did)\b",
    re.IGNORECASE,
)
_OPPOSITES = {
    "all": "none",
    "always": "never",
    "before": "after",
    "more": "less",
    "first": "last",
    "open": "close",
    "good": "bad",
    "great": "small",
    "up": "down",
    "left": "right",
    "start": "stop",
    "add": "remove",
    "show": "hide",
    "increase": "decrease",
    "enable": "disable",
    "new": "old",
    "with": "without",
    "everyone": "nobody",
    "something": "nothing",
    "came": "went",
    "life": "death",
    "day": "night",
}
_REVERSED = _OPPOSITES | {right: left for left, right in _OPPOSITES.items()}
_OPPOSITE_WORD = re.compile(rf"\b(?:{'|'.join(_REVERSED)})\b", re.IGNORECASE)
_ENTITIES_AT_LEAST = 2
Edit = Callable[[str, Sequence[str], np.random.Generator], str]
"""Changes one text, given names to choose from; empty where there is nothing to change."""


def names_in(texts: Iterable[str], most: int = 2000) -> list[str]:
    """Capitalised words that stand inside sentences, the most frequent ones first.

    A word that also occurs without its capital is no name.

    >>> names_in(["I saw Paris.", "We left Paris today", "The Bus left", "A bus, a Bus"])
    ['Paris']
    """
    capital: Counter[str] = Counter()
    small: set[str] = set()
    for text in texts:
        for place, word in _inside(text):
            if word[0].isupper():
                capital[word] += place > 0
            else:
                small.add(word)
    kept = [
        word
        for word, count in capital.most_common()
        if count >= _ENTITIES_AT_LEAST and word.lower() not in small and len(word) > 1 and not word.isupper()
    ]
    return kept[:most]


def edited(text: str, names: Sequence[str], dice: np.random.Generator, most: int) -> list[tuple[str, str]]:
    """Up to `most` different edits of an English text with their kinds, kinds by turns.

    Args:
        text: in English.
        names: to put in place of others.
        dice: draws what is changed, and into what.
        most: edits.

    >>> edited("It is 7.", [], np.random.default_rng(1), 2)
    [('number', 'It is 4.'), ('negation', 'It is not 7.')]
    """
    found: dict[str, str] = {}
    for turn in range(2 * most):
        kind = list(EDITS)[turn % len(EDITS)]
        made = EDITS[kind](text, names, dice)
        if made and made != text and len(found) < most:
            found.setdefault(made, kind)
    return [(kind, made) for made, kind in found.items()]


def other_number(text: str, names: Sequence[str], dice: np.random.Generator) -> str:
    """One number, in digits or in words, becomes another of the same length or kind."""
    places = [*_DIGITS.finditer(text), *_NUMBER_WORD.finditer(text)]
    if not places:
        return ""
    place = places[int(dice.integers(len(places)))]
    old = place.group()
    if old.isdecimal():
        low, high = (0, 10) if len(old) == 1 else (10 ** (len(old) - 1), 10 ** min(len(old), 18))
        choices = [str(value) for value in dice.integers(low, high, 4) if str(value) != old]
    else:
        choices = [_as(old, word) for word in _NUMBERS if word != old.lower()]
    return _with(text, place, str(dice.choice(choices))) if choices else ""


def other_name(text: str, names: Sequence[str], dice: np.random.Generator) -> str:
    """One capitalised word that is known as a name becomes another name."""
    known = set(names)
    places = [place for place in _WORD.finditer(text) if place.group() in known]
    if not places or len(known) < 2:
        return ""
    place = places[int(dice.integers(len(places)))]
    new = names[int(dice.integers(len(names)))]
    return _with(text, place, new) if new != place.group() else ""


def opposite(text: str, names: Sequence[str], dice: np.random.Generator) -> str:
    """A `not` comes or goes, or a word becomes its opposite."""
    if place := _NOT.search(text):
        return text[: place.start()] + text[place.end() :]
    verbs, words = [*_AUXILIARY.finditer(text)], [*_OPPOSITE_WORD.finditer(text)]
    places = verbs + words
    if not places:
        return ""
    chosen = int(dice.integers(len(places)))
    place = places[chosen]
    if chosen < len(verbs):
        return _with(text, place, f"{place.group()} not")
    return _with(text, place, _as(place.group(), _REVERSED[place.group().lower()]))


EDITS: Mapping[str, Edit] = {"number": other_number, "entity": other_name, "negation": opposite}
"""The rules by the name of what they change."""


def _inside(text: str) -> list[tuple[int, str]]:
    """Words with their place in the sentence."""
    found: list[tuple[int, str]] = []
    place, last = 0, 0
    for match in _WORD.finditer(text):
        if any(mark in '.!?:"“”(' for mark in text[last : match.start()]):
            place = 0
        found.append((place, match.group()))
        place, last = place + 1, match.end()
    return found


def _with(text: str, place: re.Match[str], new: str) -> str:
    return text[: place.start()] + new + text[place.end() :]


def _as(old: str, new: str) -> str:
    return new.capitalize() if old[0].isupper() else new
