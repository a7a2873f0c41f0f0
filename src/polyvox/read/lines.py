"""Text that has one item a line, whatever it looks like: questions, sentences of a corpus, standard input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import BinaryIO

from polyvox.errors import ReadError
from polyvox.item import Item
from polyvox.read.language import detect_languages
from polyvox.read.options import ReadOptions
from polyvox.read.plain import decoded, split_lines

_NEIGHBOURS = 64


def read_lines(stream: BinaryIO, path: str, options: ReadOptions) -> Iterator[Item]:
    """One item for every line that is not blank, never cut; the locator has the line's number.

    Raises:
        ReadError: the bytes are not text in this encoding, or there is no line.
    """
    numbered = _numbered(split_lines(decoded(stream, path, options.encoding)))
    position = 0
    while block := list(islice(numbered, _NEIGHBOURS)):
        texts = [text for _, text in block]
        tags = [options.language] * len(texts) if options.language else detect_languages(texts)
        for (number, text), tag in zip(block, tags, strict=True):
            yield Item(text, path, position, tag, locator=f"line {number}")
            position += 1
    if position == 0:
        raise ReadError(path, "holds no text")


def _numbered(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, 1):
        if text := line.strip():
            yield number, text
