"""Translations for transcripts that have none, looked up in parallel text."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from polyvox.errors import PolyvoxError
from polyvox.train.rows import text_hash

if TYPE_CHECKING:
    from polyvox.train.tower.rows import Row


def add_translations(rows: Sequence[Row], files: Iterable[Path], pivot: str) -> list[Row]:
    """Give rows without a translation the one in `pivot` that a parallel row has beside their transcript.

    A file has one JSON object a line, language to text, and may be compressed as .xz. Only texts of the row's
    own language count, and the first translation found stands.

    Raises:
        PolyvoxError: a file cannot be read.
    """
    wanted = {
        (row.language, text_hash(row.transcript)) for row in rows if row.transcript and not row.translation
    }
    found: dict[tuple[str, int], str] = {}
    for path in files:
        for texts in _rows(path):
            if target := texts.get(pivot):
                for language, text in texts.items():
                    key = (language, text_hash(text))
                    if key in wanted:
                        found.setdefault(key, target)
    return [_with_translation(row, found) for row in rows]


def _with_translation(row: Row, found: Mapping[tuple[str, int], str]) -> Row:
    text = "" if row.translation else found.get((row.language, text_hash(row.transcript)), "")
    return replace(row, translation=text) if text else row


def _rows(path: Path) -> Iterator[dict[str, str]]:
    packed = path.suffix == ".xz"
    try:
        with lzma.open(path, "rt", encoding="utf-8") if packed else path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise PolyvoxError(f"{path}, line {number}: expected an object of language to text")
                yield row
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, lzma.LZMAError) as error:
        raise PolyvoxError(f"{path}: the parallel text cannot be read ({error})") from error
