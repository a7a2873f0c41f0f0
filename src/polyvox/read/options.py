"""How files are to be read."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from polyvox.item import language_tag


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user can say about the files.

    `language` is given for every item and wins over what a file says or a detector guesses; `encoding`
    counts where a text file has no byte order mark; `text_column` names the column of csv, tsv and jsonl
    files that holds the text; passages have at most `max_passage_chars` characters and stretches of
    speech at most `max_segment_seconds` seconds.

    Raises:
        ValueError: the language is not a BCP 47 tag, the encoding is unknown, or a limit is too small.

    >>> ReadOptions(language="deu").language
    'de'
    """

    language: str | None = None
    encoding: str = "utf-8"
    text_column: str | None = None
    max_passage_chars: int = 600
    max_segment_seconds: float = 20.0

    def __post_init__(self) -> None:
        if self.language is not None:
            object.__setattr__(self, "language", language_tag(self.language))
        if text_encoding(self.encoding) is None:
            raise ValueError(f"unknown encoding {self.encoding!r}; try utf-8, latin-1, utf-16, shift_jis …")
        if self.max_passage_chars < 20:
            raise ValueError(f"max_passage_chars must be at least 20, got {self.max_passage_chars}")
        if not self.max_segment_seconds >= 1:
            raise ValueError(f"max_segment_seconds must be at least 1, got {self.max_segment_seconds}")


def text_encoding(name: str) -> str | None:
    """Python's name of an encoding of text, None where it has none such ("hex" and "zip" encode bytes).

    >>> text_encoding("UTF8"), text_encoding("hex"), text_encoding("klingon")
    ('utf-8', None, None)
    """
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    return codec.name if codec._is_text_encoding and codec.incrementaldecoder else None
