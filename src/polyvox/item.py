"""What polyvox finds: a passage of text or a stretch of audio, its language and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

SAMPLING_RATE = 16_000
"""Samples per second of every `Audio` after the reader."""

UNKNOWN_LANGUAGE = "und"
"""The BCP 47 tag of a language that nobody has named and nothing has detected."""


class Modality(StrEnum):
    """The two kinds of content in the one space."""

    TEXT = "text"
    SPEECH = "speech"


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """A stretch of sound: float32 samples in [-1, 1], mono, 16 kHz.

    `languages` are those that are known to be spoken in it, as BCP 47 tags, or as one string if there is one
    only; an encoder that can be told hears better for it, others take no notice.

    Raises:
        ValueError: the samples are not one-dimensional, or a language is no BCP 47 tag.

    >>> Audio(np.zeros(8_000, np.float32)).seconds
    0.5
    >>> Audio(np.zeros(8_000, np.float32), ("swa", "und")).languages
    ('sw',)
    >>> Audio(np.zeros(8_000, np.float32), "pt_BR").languages
    ('pt-BR',)
    """

    samples: NDArray[np.float32]
    languages: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.samples.ndim != 1:
            raise ValueError(f"audio must be mono, one dimension; got shape {self.samples.shape}")
        if self.samples.dtype != np.float32:
            object.__setattr__(self, "samples", self.samples.astype(np.float32))
        if self.languages != ():
            given = (self.languages,) if isinstance(self.languages, str) else self.languages
            tags = dict.fromkeys(map(language_tag, given))
            object.__setattr__(self, "languages", tuple(tag for tag in tags if tag != UNKNOWN_LANGUAGE))

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return len(self.samples) / SAMPLING_RATE


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a search can return.

    `position` is the item's ordinal inside its file; `start` and `end` are seconds from the beginning of
    a recording (or of the film a subtitle belongs to); `locator` says where a text stands in words that a
    person can follow, such as "page 3" or "row 12".

    >>> Item("Habari ya asubuhi", language="sw").modality
    <Modality.TEXT: 'text'>
    """

    content: str | Audio
    path: str = ""
    position: int = 0
    language: str = UNKNOWN_LANGUAGE
    start: float | None = None
    end: float | None = None
    locator: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def modality(self) -> Modality:
        """Whether the content is text or speech."""
        return Modality.TEXT if isinstance(self.content, str) else Modality.SPEECH


@lru_cache(maxsize=4096)
def language_tag(tag: str) -> str:
    """Normalise a language name or code to its shortest BCP 47 tag.

    Raises:
        ValueError: the tag is not well-formed.

    >>> language_tag("pt_BR"), language_tag("deu"), language_tag("")
    ('pt-BR', 'de', 'und')
    """
    if not tag:
        return UNKNOWN_LANGUAGE
    # Its tables take 0.1 s to load, and most searches name no language.
    from langcodes import standardize_tag
    from langcodes.tag_parser import LanguageTagError

    try:
        return standardize_tag(tag)
    except LanguageTagError as error:
        raise ValueError(
            f"{tag!r} is not a BCP 47 language tag (such as 'sw', 'pt-BR', 'zh-Hant')"
        ) from error
