"""Where the words of a query stand in a text."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"\w+")
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]"
)
"""Scripts that are written without spaces between words: there pairs of characters stand in for words."""

MOST = 50


def highlights(query: str, text: str) -> list[tuple[int, int]]:
    """Spans of `text` that are words of `query`, case and accents aside; in Unicode code points.

    >>> highlights("café bread", "The Cafe sells BREAD.")
    [(4, 8), (15, 20)]
    >>> highlights("足球比赛", "今天的足球场")
    [(3, 5)]
    """
    wanted = {word for word in _WORD.findall(_folded(query)[0]) if not _UNSPACED.search(word)}
    pairs = _pairs(query)
    folded, places = _folded(text)
    spans = [match.span() for match in _WORD.finditer(folded) if match.group() in wanted]
    spans += [(at, at + 2) for at in range(len(folded) - 1) if folded[at : at + 2] in pairs]
    return _merged([(places[start], places[end - 1] + 1) for start, end in sorted(spans)])[:MOST]


def _pairs(query: str) -> set[str]:
    folded, _ = _folded(query)
    pairs = {folded[at : at + 2] for at in range(len(folded) - 1)}
    return {pair for pair in pairs if all(_UNSPACED.match(letter) for letter in pair)}


def _folded(text: str) -> tuple[str, list[int]]:
    """Lower case without accents, and for each character of that the number of the one it comes from."""
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        for part in unicodedata.normalize("NFD", letter.casefold()):
            if unicodedata.category(part) != "Mn":
                letters.append(part)
                places.append(place)
    return "".join(letters), places


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
