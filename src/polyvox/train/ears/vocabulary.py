"""The words that a recording may hold, from files of text."""

from __future__ import annotations

import json
import lzma
import re
from collections.abc import Iterator
from pathlib import Path

from polyvox.errors import PolyvoxError
from polyvox.train.ears.recipe import Vocabulary

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LONGEST = 40
_FEWEST = 2


def vocabulary(config: Vocabulary, data: Path) -> list[str]:
    """Short texts and single words in lower case, each once, in the order of the files.

    Raises:
        PolyvoxError: a file is missing or cannot be read, or hardly a word is in them.
    """
    found: dict[str, None] = {}
    for name in config.files:
        for text in _texts(data / name, config.language):
            for word in _spoken(text, config.most_words):
                found.setdefault(word)
            if len(found) >= config.most:
                return list(found)[: config.most]
    if len(found) < _FEWEST:
        raise PolyvoxError(
            f"[vocabulary] files: hold no words in {config.language!r}; name a file of texts in that language"
        )
    return list(found)


def _spoken(text: str, most_words: int) -> list[str]:
    """A short text as it is, or the words of a long one.

    >>> _spoken("Good morning!", 3), _spoken("The dog ran home.", 3)
    (['good morning'], ['the', 'dog', 'ran', 'home'])
    """
    words = _WORD.findall(text.casefold())
    if 0 < len(words) <= most_words and len(text) <= _LONGEST:
        return [" ".join(words)]
    return [word for word in words if len(word) <= _LONGEST]


def _texts(path: Path, language: str) -> Iterator[str]:
    opened = lzma.open if path.suffix == ".xz" else open
    suffixes = [suffix for suffix in path.suffixes if suffix != ".xz"]
    if suffixes[-1:] not in (["." + kind] for kind in ("txt", "jsonl")):
        raise PolyvoxError(f"{path}: words come from .txt, .jsonl, .txt.xz and .jsonl.xz")
    try:
        with opened(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield line if suffixes[-1] == ".txt" else str(json.loads(line).get(language, ""))
    except (OSError, ValueError, lzma.LZMAError) as error:
        raise PolyvoxError(f"{path}: the words cannot be read ({error})") from error
