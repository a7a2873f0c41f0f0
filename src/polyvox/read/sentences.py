"""Where sentences end, in many scripts, and where a text may be cut when it has no sentences."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_CLOSING = r"[\"'”’»›)\]」』”’）】]*"
_SPACED_STOPS = ".!?…‽؟۔।॥։።፧፨᙮᠃᠉။᪩᱾꓿꘎꛳꛷꯫܂܀"
_UNSPACED_STOPS = "。！？｡．។៕༎"
_SENTENCE_END = re.compile(
    rf"[{re.escape(_UNSPACED_STOPS)}]+{_CLOSING}\s*"
    rf"|[{re.escape(_SPACED_STOPS)}]+{_CLOSING}\s+(?![a-zа-яёà-öø-ÿ])"
    rf"|\n+"
)
_ENDED = re.compile(rf"[{re.escape(_UNSPACED_STOPS + _SPACED_STOPS)}]{_CLOSING}\s*$")
_CLAUSE_END = re.compile(r"[,;:،؛、，；：፣፤၊]\s*|\s[–—-]\s")
_SPACE = re.compile(r"\s+")

_WHOLE = 24
"""Letters that a sentence must have to stand alone; a Chinese or Japanese character counts as three."""

_LEADING_VOWELS = frozenset("เแโใไເແໂໃໄ")
_FOLLOWING_VOWELS = frozenset("ะาำฯๆຯະາຳໆ")
_ZERO_WIDTH_JOINER = "\u200d"
_REGIONAL_INDICATORS = range(0x1F1E6, 0x1F200)
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def is_whole(text: str) -> bool:
    """Whether a text ends as a sentence does and is long enough to say something by itself.

    >>> [is_whole(text) for text in ("The bees gave honey here.", "今年蜜蜂产了很多蜂蜜。", "Yes.", "Honey")]
    [True, True, False, False]
    """
    weight = sum(3 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text[:_WHOLE])
    return weight >= _WHOLE and _ENDED.search(text) is not None


def split_sentences(text: str) -> list[str]:
    """Split at sentence ends; the pieces joined give the text back.

    >>> split_sentences("Dr. Ito came. 彼は来た。もう帰った。")
    ['Dr. ', 'Ito came. ', '彼は来た。', 'もう帰った。']
    """
    return _pieces(_SENTENCE_END, text)


def _pieces(pattern: re.Pattern[str], text: str) -> list[str]:
    pieces, begin = [], 0
    for match in pattern.finditer(text):
        if match.end() > begin:
            pieces.append(text[begin : match.end()])
            begin = match.end()
    if begin < len(text):
        pieces.append(text[begin:])
    return pieces


def split_long(text: str, limit: int) -> Iterator[str]:
    """Cut a text into stretches of at most `limit` characters, joined they give it back.

    The cut is made at the best place that the second half of a stretch offers: a sentence end, a clause
    end, a space; else at an earlier space; and only then between two letters, never inside what a reader
    sees as one character (unless that one is longer than the limit).

    >>> list(split_long("one, two three", 8))
    ['one, ', 'two ', 'three']
    """
    begin = 0
    while len(text) - begin > limit:
        cut = _cut(text, begin, begin + limit)
        yield text[begin:cut]
        begin = cut
    if begin < len(text):
        yield text[begin:]


def _cut(text: str, begin: int, end: int) -> int:
    middle = begin + (end - begin) // 2
    for pattern, earliest in (
        (_SENTENCE_END, middle),
        (_CLAUSE_END, middle),
        (_SPACE, middle),
        (_SPACE, begin),
    ):
        cut = 0
        for match in pattern.finditer(text, earliest, end):
            cut = match.end()
        if cut:
            return cut
    for cut in range(end, middle, -1):
        if not inside_character(text, cut):
            return cut
    return end


def inside_character(text: str, at: int) -> bool:
    """Whether a cut before `text[at]` would tear what a reader sees as one character.

    An approximation of the grapheme clusters of Unicode UAX 29, and a little more careful for Thai and
    Lao vowels and Indic conjuncts.

    >>> [at for at in range(1, 4) if inside_character("เก่ง", at)]
    [1, 2]
    """
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if after.isascii() and before.isascii():
        return before == "\r" and after == "\n"
    return (
        unicodedata.category(after).startswith("M")
        or after == _ZERO_WIDTH_JOINER
        or before == _ZERO_WIDTH_JOINER
        or unicodedata.combining(before) == 9
        or before in _LEADING_VOWELS
        or after in _FOLLOWING_VOWELS
        or ord(after) in _SKIN_TONES
        or _inside_flag(text, at)
        or 0x1160 <= ord(after) <= 0x11FF
    )


def _inside_flag(text: str, at: int) -> bool:
    if ord(text[at]) not in _REGIONAL_INDICATORS:
        return False
    run = at
    while run > 0 and ord(text[run - 1]) in _REGIONAL_INDICATORS:
        run -= 1
    return (at - run) % 2 == 1
