"""Parallel rows of text: one row is the same content in several languages, keyed by language tag."""

from __future__ import annotations

import json
import lzma
import re
from collections.abc import Iterator
from pathlib import Path

_MARKUP = re.compile(r"[\[\]{}<>|\\`_=#%@*/]|&\w+;|https?:|\d{4,}")
_LANGUAGE_SUFFIX = re.compile(r"#\d+$")


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a `.jsonl.xz` file; several versions in one language (`en#2`) keep the first.

    Raises:
        FileNotFoundError: the file does not exist.
    """
    with lzma.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            row: dict[str, str] = {}
            for language, text in json.loads(line).items():
                row.setdefault(_LANGUAGE_SUFFIX.sub("", language), text)
            yield row


def column_of(language: str) -> str:
    """What rows call a language: the text data writes Brazilian Portuguese as `pt`.

    >>> column_of("pt-BR"), column_of("sw")
    ('pt', 'sw')
    """
    return {"pt-BR": "pt"}.get(language, language)


def speakable(text: str, max_characters: int) -> bool:
    """Whether a person could read the text aloud as it stands: short, no markup, some letters.

    >>> speakable("good morning", 40), speakable("{{path/to/file}}", 40), speakable("…", 40)
    (True, False, False)
    """
    return (
        len(text) <= max_characters
        and not _MARKUP.search(text)
        and any(letter.isalpha() for letter in text)
        and text.count(",") < 3
    )
