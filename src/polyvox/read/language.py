"""Which language a text is in: CLD2 where it is sure, else what langid confirms, else `und`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

import langcodes

from polyvox.item import UNKNOWN_LANGUAGE, language_tag

_SAMPLE_CHARS = 500
_MIN_PERCENT = 70
_MIN_SCORE = 600
_MIN_EVIDENCE = 20_000
_MIN_PROBABILITY = 0.9
_MIN_WITNESSES = 3


@cache
def _cld2() -> Callable[..., Any] | None:
    """CLD2's detect function; None on a platform that it has no wheel for."""
    try:
        from pycld2 import detect
    except ImportError:
        return None
    return detect  # type: ignore[no-any-return]


@cache
def _langid() -> Callable[[str], tuple[str, float]]:
    """The slower second opinion: a tag and its probability."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    classify: Callable[[str], tuple[str, float]] = LanguageIdentifier.from_model_file(
        MODEL_FILE, norm_probs=True
    ).classify
    return classify


@lru_cache(maxsize=1024)
def _tag(code: str) -> str:
    """The BCP 47 tag of one of CLD2's codes; `xx-…` names a script only and `zzp` is Pig Latin."""
    if code in {"un", "zzp"} or code.startswith("xx"):
        return UNKNOWN_LANGUAGE
    try:
        return language_tag(code)
    except ValueError:
        return UNKNOWN_LANGUAGE


class _Guess(NamedTuple):
    """What CLD2 takes a text for, and whether it is sure."""

    language: str
    sure: bool


_NO_GUESS = _Guess(UNKNOWN_LANGUAGE, sure=False)


def _guess(text: str) -> _Guess:
    detect = _cld2()
    if detect is None:
        return _NO_GUESS
    sample = text[:_SAMPLE_CHARS]
    try:
        reliable, size, found = detect(sample, True)
    except Exception:  # its own error type exists only where it is installed: control characters
        printable = "".join(c if c.isprintable() else " " for c in sample)
        return _NO_GUESS if printable == sample else _guess(printable)
    _, code, percent, score = found[0]
    if reliable and percent >= _MIN_PERCENT and score >= _MIN_SCORE and score * size >= _MIN_EVIDENCE:
        return _Guess(_tag(code), sure=True)
    # Only now, and only in this mode, does CLD2 name a language that it is not sure of.
    return _Guess(_tag(detect(sample, True, bestEffort=True)[2][0][1]), sure=False)


def _second_opinion(text: str, guess: str) -> str:
    code, probability = _langid()(text[:_SAMPLE_CHARS])
    other = _tag(code)
    if guess == UNKNOWN_LANGUAGE:
        return other if probability >= _MIN_PROBABILITY else UNKNOWN_LANGUAGE
    return guess if guess.partition("-")[0] == other.partition("-")[0] else UNKNOWN_LANGUAGE


def detect_language(text: str) -> str:
    """The BCP 47 tag of a text's language, or `und` when the evidence is thin.

    CLD2 calls ten letters reliable; here its score (for each 1024 bytes) must also reach 600, and score
    times bytes 20,000. Else langid must name the same language, or give 0.9 where CLD2 has no guess at all.
    docs/decisions.md has the precision measured.

    >>> detect_language("Wo ist der nächste Bahnhof, bitte?"), detect_language("Es regnet.")
    ('de', 'und')
    """
    return detect_languages([text])[0]


def detect_languages(texts: Sequence[str]) -> list[str]:
    """The languages of neighbouring texts of one file, each judged by itself.

    Where CLD2 is not sure, the neighbours come before langid: they decide where most of the sure ones
    agree and CLD2's guess is that language too.
    """
    guesses = [_guess(text) for text in texts]
    sure = Counter(language for language, is_sure in guesses if is_sure and language != UNKNOWN_LANGUAGE)
    majority, votes = sure.most_common(1)[0] if sure else (UNKNOWN_LANGUAGE, 0)
    if votes < max(_MIN_WITNESSES, 0.8 * sure.total()):
        majority = UNKNOWN_LANGUAGE
    languages = []
    for text, (language, is_sure) in zip(texts, guesses, strict=True):
        settled = is_sure or (language == majority != UNKNOWN_LANGUAGE)
        languages.append(language if settled else _second_opinion(text, language))
    return languages


@lru_cache(maxsize=1024)
def valid_language(tag: str) -> str | None:
    """The BCP 47 form of a tag that a file gives, None where it is no language.

    >>> valid_language("de_AT"), valid_language("german"), valid_language("und")
    ('de-AT', None, None)
    """
    try:
        standard = language_tag(tag.strip())
    except ValueError:
        return None
    known = standard != UNKNOWN_LANGUAGE and not standard.startswith("x-")
    return standard if known and langcodes.Language.get(standard).is_valid() else None
