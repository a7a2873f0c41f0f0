"""A text on its way from a file to an item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

NO_METADATA: Mapping[str, str] = {}


class Passage(NamedTuple):
    """A text that a reader would accept as a hit, and where it stands.

    `language` is a BCP 47 tag that the file itself gives, or None; `start` and `end` are seconds.
    """

    content: str
    locator: str = ""
    language: str | None = None
    start: float | None = None
    end: float | None = None
    metadata: Mapping[str, str] = NO_METADATA


class Paragraph(NamedTuple):
    """A paragraph of a document; a heading opens a new passage."""

    content: str
    locator: str = ""
    language: str | None = None
    heading: bool = False


def tidy(text: str) -> str:
    r"""Collapse white space and replace lone surrogates, which no UTF-8 file can hold.

    >>> tidy("  a\n b\ud800 ")
    'a b?'
    """
    text = " ".join(text.split())
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-8", "replace").decode()
    return text
