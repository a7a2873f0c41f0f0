"""Parallel rows: the same content in several languages, cleaned, free of test text and of repetitions."""

from __future__ import annotations

import hashlib
import json
import lzma
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path

from polyvox.errors import PolyvoxError

_CODE = re.compile(r"```.*?```|`[^`]*`|<[^>]*>|https?://\S+|\{\{.*?\}\}|%\d|&\w+;|\[([^\]]{1,80})\]\([^)]*\)")
_MARKUP = re.compile(r"^\s*(?:[-*+#>|]+|\d+[.)])\s+|[*_~|#\\]{1,}|\$\{?\w*\}?")
_SPACE = re.compile(r"\s+")
_HEBREW_VERSE = re.compile(r"^[\u05d0-\u05ea]{1,3}\s+(?:big\s+\S+\s+/big\s*)?")
_ESPERANTO = re.compile(r"([cghjsuCGHJSU])[xX]")
_ESPERANTO_LETTERS = dict(zip("cghjsuCGHJSU", "ĉĝĥĵŝŭĈĜĤĴŜŬ", strict=True))


@dataclass(frozen=True, slots=True)
class ParallelRow:
    """One content: `texts` maps a language tag to its wording; `en#2` is a second wording in English."""

    source: str
    texts: dict[str, str]


@dataclass(slots=True)
class RowCounts:
    """What became of the rows of one source while they were read."""

    rows_read: int = 0
    rows_kept: int = 0
    texts_read: int = 0
    texts_kept: int = 0
    texts_in_tests: int = 0
    texts_too_short: int = 0
    rows_repeated: int = 0
    languages: set[str] = field(default_factory=set)


def clean(text: str, language: str) -> str:
    """Strip markup, code, addresses and the quirks of single sources from a training text.

    Code and addresses are the same in all languages, so a model could match rows by them and learn no word.
    Esperanto in the x-system gets its letters; the verse number that opens a Hebrew verse goes.

    >>> clean("1. Lies `x = 1` auf [der Seite](http://a.b/c)", "de")
    'Lies auf der Seite'
    >>> clean("La cxielo kaj la angxelo", "eo")
    'La ĉielo kaj la anĝelo'
    """
    text = _CODE.sub(lambda match: match.group(1) or " ", text)
    text = _MARKUP.sub(" ", text)
    if language == "eo":
        text = _ESPERANTO.sub(lambda match: _ESPERANTO_LETTERS[match.group(1)], text)
    if language == "he":
        text = _HEBREW_VERSE.sub("", text).replace("/big", " ").replace("big", " ")
    return _SPACE.sub(" ", text).strip()


def text_hash(text: str) -> int:
    """64-bit hash of a text, blind to case, punctuation, spacing and Unicode form.

    >>> text_hash("Good  morning!") == text_hash("good morning")
    True
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = neither_letter_mark_nor_number().sub("", folded)
    return int.from_bytes(hashlib.blake2b(kept.encode(errors="replace"), digest_size=8).digest(), "little")


@cache
def neither_letter_mark_nor_number() -> re.Pattern[str]:
    """Runs of characters that are no part of a word in any script; those of `re` end words at vowel signs."""
    codes = [code for code in range(0x110000) if unicodedata.category(chr(code))[0] not in "LMN"]
    breaks = [
        0,
        *(place for place in range(1, len(codes)) if codes[place] != codes[place - 1] + 1),
        len(codes),
    ]
    ranges = (f"\\U{codes[begin]:08x}-\\U{codes[end - 1]:08x}" for begin, end in pairwise(breaks))
    return re.compile(f"[{''.join(ranges)}]+")


def _strings(value: object) -> Iterator[str]:
    """All strings inside a JSON value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _json_values(path: Path) -> Iterator[object]:
    with lzma.open(path, "rt", encoding="utf-8") as stream:
        if ".jsonl" in path.name:
            for number, line in enumerate(stream, 1):
                try:
                    yield json.loads(line)
                except json.JSONDecodeError as error:
                    raise PolyvoxError(
                        f"{path} line {number}: not JSON ({error.msg}); repair the file"
                    ) from error
            return
        content = stream.read()
    try:
        yield json.loads(content)
    except json.JSONDecodeError:
        yield [json.loads(line) for line in content.splitlines() if line.strip()]


def held_out_hashes(paths: Iterable[Path], level: Callable[[str], str] = str) -> set[int]:
    """Hashes of every text in test files (JSON lines or JSON, in xz), which must never be trained on.

    Args:
        paths: of the files.
        level: what is done to a text first, such as to compare it with others to which it was done.
    """
    return {
        text_hash(level(text)) for path in paths for value in _json_values(path) for text in _strings(value)
    }


def read_rows(
    path: Path,
    source: str,
    counts: RowCounts,
    held_out: set[int],
    *,
    longest: int = 400,
) -> Iterator[ParallelRow]:
    """Read one file of parallel rows: cleaned, without test texts, without repeated rows.

    A row with fewer than two languages teaches nothing and is dropped. Texts are cut at `longest` characters.

    Raises:
        PolyvoxError: the file is missing or holds something else than rows of texts.
    """
    if not path.is_file():
        raise PolyvoxError(f"{path}: no such file; point --data at the folder that holds it")
    seen: set[int] = set()
    for number, row in enumerate(_json_values(path), 1):
        if not isinstance(row, dict):
            raise PolyvoxError(f"{path} line {number}: expected an object of language to text")
        counts.rows_read += 1
        kept = list(_kept_texts(row, counts, held_out, longest))
        texts = {language: text for language, text, _ in kept}
        if len(texts) < 2:
            continue
        key = hash(frozenset((language, digest) for language, _, digest in kept))
        if key in seen or "skin tone" in texts.get("en", ""):
            counts.rows_repeated += 1
            continue
        seen.add(key)
        counts.rows_kept += 1
        counts.texts_kept += len(texts)
        counts.languages.update(texts)
        yield ParallelRow(source, texts)


def _kept_texts(
    row: dict[str, str], counts: RowCounts, held_out: set[int], longest: int
) -> Iterator[tuple[str, str, int]]:
    for language, raw in row.items():
        counts.texts_read += 1
        text = clean(raw, language)[:longest]
        digest = text_hash(text)
        if not any(char.isalpha() for char in text):
            counts.texts_too_short += 1
        elif digest in held_out or (text != raw and text_hash(raw) in held_out):
            counts.texts_in_tests += 1
        else:
            yield language, text, digest


def held_out_files(data: Path) -> Sequence[Path]:
    """Every test file below a data folder: `test-*` and the folders xquad-r and afriqa."""
    return sorted([*data.glob("test-*.xz"), *data.glob("xquad-r/*.xz"), *data.glob("afriqa/*.xz")])
