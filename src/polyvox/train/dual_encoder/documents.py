"""What the language model reads: rows of text as documents in one to four languages."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from polyvox.errors import PolyvoxError
from polyvox.item import Modality
from polyvox.modules.prefixes import Prefixes
from polyvox.train.parallel_text import rows
from polyvox.train.rows import clean, text_hash

_HELD_OUT_IN = 200
"""One row of so many is kept for the perplexity."""
_WHOLE_TEXT = 300
"""Characters of a text that are read."""
_MOST_LANGUAGES = 4
"""Of a document."""
_REPEATED = "skin tone"
"""CLDR names every emoji of a person five more times."""


@dataclass(frozen=True, slots=True)
class Library:
    """Parallel rows by source, those to learn from and those held out.

    Attributes:
        train: rows of each source.
        held_out: rows of each source that only measure.
        unwanted: hashes of test texts, which are never handed out.
    """

    train: Mapping[str, Sequence[Mapping[str, str]]]
    held_out: Mapping[str, Sequence[Mapping[str, str]]]
    unwanted: frozenset[int]

    def texts(self, row: Mapping[str, str]) -> dict[str, str]:
        """The texts of a row, cleaned and cut, without test texts and those without letters."""
        return {language: text for language in row if (text := self.text(row, language))}

    def text(self, row: Mapping[str, str], language: str) -> str:
        """One text of a row; empty where it is not usable."""
        raw = row[language]
        text = clean(raw, language)[:_WHOLE_TEXT]
        usable = any(letter.isalpha() for letter in text)
        return text if usable and not {text_hash(text), text_hash(raw)} & self.unwanted else ""


def open_library(
    folder: Path, sources: Sequence[str], languages: Sequence[str], unwanted: frozenset[int]
) -> Library:
    """Read the named sources, `train-<name>.jsonl.xz`, in the named languages.

    Raises:
        PolyvoxError: a file is missing, or a source has no such language.
    """
    train: dict[str, list[Mapping[str, str]]] = {}
    held_out: dict[str, list[Mapping[str, str]]] = {}
    wanted = frozenset(languages)
    for source in sources:
        path = folder / f"train-{source}.jsonl.xz"
        if not path.is_file():
            raise PolyvoxError(f"{path}: no such file; point --data at the folder that holds it")
        train[source], held_out[source] = [], []
        for row in rows(path):
            kept = {language: text for language, text in row.items() if language in wanted}
            if kept and _REPEATED not in row.get("en", ""):
                side = held_out if _is_held_out(kept) else train
                side[source].append(kept)
        if len(train[source]) < 2:
            raise PolyvoxError(f"{path}: hardly a row in any of {', '.join(languages)}")
        if not held_out[source]:
            held_out[source].append(train[source].pop())
    return Library(train, held_out, unwanted)


def _is_held_out(row: Mapping[str, str]) -> bool:
    return zlib.crc32(min(row.items())[1].encode()) % _HELD_OUT_IN == 0


def documents(
    library: Library,
    shares: Mapping[str, float],
    count: int,
    prefixes: Prefixes,
    seed: int,
    *,
    held_out: bool = False,
) -> Iterator[str]:
    """Draw documents: a row's texts in one to four languages in random order, each behind its prefix.

    Args:
        library: the rows.
        shares: relative number of documents from each source.
        count: how many documents.
        prefixes: what stands before a text.
        seed: of the draws.
        held_out: draw from the held-out rows.
    """
    chance = np.random.default_rng(seed)
    side = library.held_out if held_out else library.train
    names = [name for name in shares if side[name]]
    odds = np.array([shares[name] for name in names])
    for drawn in chance.choice(len(names), count, p=odds / odds.sum()):
        found = side[names[drawn]]
        row = found[int(chance.integers(len(found)))]
        order = chance.permutation(sorted(row))[: int(chance.integers(1, _MOST_LANGUAGES + 1))]
        texts = {str(language): library.text(row, str(language)) for language in order}
        document = "".join(prefixes.before(Modality.TEXT, tag) + text for tag, text in texts.items() if text)
        if document:
            yield document
