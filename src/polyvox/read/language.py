"""Which language a text is in, by CLD2 (Compact Language Detector 2); `und` when it is not sure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

import langcodes

from polyvox.item import UNKNOWN_LANGUAGE, language_tag

_SAMPLE_CHARS = 500
_MIN_PERCENT = 70
_MIN_WITNESSES = 3


@cache
def _detector() -> Callable[..., Any] | None:
    """CLD2's detect function; None on the platforms that it has no wheel for, where all is `und`."""
    try:
        from pycld2 import detect
    except ImportError:
        return None
    return detect  # type: ignore[no-any-return]


@lru_cache(maxsize=1024)
def _tag(code: str) -> str:
    """The BCP 47 tag of one of CLD2's codes; `xx-…` names a script only and `zzp` is Pig Latin."""
    if code in {"un", "zzp"} or code.startswith("xx"):
        return UNKNOWN_LANGUAGE
    try:
        return language_tag(code)
    except ValueError:
        return UNKNOWN_LANGUAGE


def _detect(text: str, *, best_effort: bool) -> str:
    detect = _detector()
    if detect is None:
        return UNKNOWN_LANGUAGE
    sample = text[:_SAMPLE_CHARS]
    try:
        reliable, _, found = detect(sample, True, bestEffort=best_effort)
    except Exception:  # its own error type exists only where it is installed: control characters
        printable = "".join(c if c.isprintable() else " " for c in sample)
        return UNKNOWN_LANGUAGE if printable == sample else _detect(printable, best_effort=best_effort)
    if not reliable or found[0][2] < _MIN_PERCENT:
        return UNKNOWN_LANGUAGE
    return _tag(found[0][1])


def detect_language(text: str) -> str:
    """The BCP 47 tag of a text's language, or `und` when the detector does not call it reliable.

    >>> detect_language("Wo ist der nächste Bahnhof, bitte?"), detect_language("ok")
    ('de', 'und')
    """
    return _detect(text, best_effort=False)


def detect_languages(texts: Sequence[str]) -> list[str]:
    """The languages of neighbouring texts of one file, each judged by itself first.

    A text too short to be sure of takes the language of its neighbours only where most of those that are
    sure agree and its own best guess is that language too.
    """
    languages = [detect_language(text) for text in texts]
    sure = Counter(language for language in languages if language != UNKNOWN_LANGUAGE)
    if not sure or sure.total() == len(texts):
        return languages
    majority, votes = sure.most_common(1)[0]
    if votes < max(_MIN_WITNESSES, 0.8 * sure.total()):
        return languages
    return [
        majority if language == UNKNOWN_LANGUAGE and _detect(text, best_effort=True) == majority else language
        for text, language in zip(texts, languages, strict=True)
    ]


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
    known = standard != UNKNOWN_LANGUAGE and langcodes.Language.get(standard).is_valid()
    return standard if known else None
