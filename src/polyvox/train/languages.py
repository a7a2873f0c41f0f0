"""Which espeak-ng voice speaks a language, by BCP 47 tag."""

from __future__ import annotations

_SPECIAL = {
    "en": "en-us",
    "pt-BR": "pt-br",
    "no": "nb",
    "sr-Cyrl": "sr",
    "el-polyton": "el",
}

_PLAIN = frozenset(
    [
        "af",
        "am",
        "an",
        "ar",
        "as",
        "az",
        "ba",
        "bg",
        "bn",
        "bs",
        "ca",
        "cs",
        "cy",
        "da",
        "de",
        "el",
        "eo",
        "es",
        "et",
        "eu",
        "fa",
        "fi",
        "fr",
        "ga",
        "gd",
        "gu",
        "he",
        "hi",
        "hr",
        "ht",
        "hu",
        "hy",
        "ia",
        "id",
        "io",
        "is",
        "it",
        "ka",
        "kk",
        "kn",
        "ko",
        "ku",
        "ky",
        "la",
        "lt",
        "lv",
        "mi",
        "mk",
        "ml",
        "mr",
        "ms",
        "mt",
        "my",
        "nb",
        "ne",
        "nl",
        "om",
        "or",
        "pa",
        "pap",
        "pl",
        "pt",
        "qu",
        "ro",
        "ru",
        "sd",
        "si",
        "sk",
        "sl",
        "sq",
        "sr",
        "sv",
        "sw",
        "ta",
        "te",
        "tk",
        "tn",
        "tr",
        "tt",
        "ug",
        "uk",
        "ur",
        "uz",
        "vi",
    ]
)
"""Tags that espeak-ng knows under the same name and reads in the script the language is written in.

Mandarin, Japanese and Thai are absent on purpose: espeak-ng 1.51 spells their characters out in English.
"""


SPOKEN_LANGUAGES = tuple(sorted({*_PLAIN, *_SPECIAL}))
"""All tags that some synthesiser may speak."""


def espeak_voice(language: str) -> str | None:
    """The espeak-ng voice of a language, or None when espeak-ng does not read it.

    >>> espeak_voice("fr"), espeak_voice("pl"), espeak_voice("so")
    ('fr', 'pl', None)
    """
    if language in _SPECIAL:
        return _SPECIAL[language]
    return language if language in _PLAIN else None
