"""Texts with their sounds and their vectors: what the upper half of the speech tower learns from.

No audio is needed: the sounds come from letter-to-sound rules, the vectors from the frozen text tower.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from polyvox.train.languages import espeak_voice
from polyvox.train.parallel_text import rows, speakable
from polyvox.train.phonemes import ipa, phones

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LONGEST = 200

TextEncoder = Callable[[Sequence[str]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class SaidText:
    """A text, its language, its sounds as numbers of the inventory, and its English where known."""

    text: str
    language: str
    sounds: tuple[int, ...]
    english: str = ""


@dataclass(frozen=True, slots=True)
class SaidTextConfig:
    """Which texts stage two reads.

    Attributes:
        sources: files of `text/` to read.
        languages: relative share of each language in a batch.
        words: how many of a language's most frequent words are added, `default` for those not named.
        spans: how many stretches of two to five words are added in the same way.
        max_characters: longer texts are left to `spans`.
        skip: rows whose English contains one of these are left out.
        seed: of the draws.
    """

    sources: tuple[str, ...]
    languages: Mapping[str, float]
    words: Mapping[str, int] = field(default_factory=dict)
    spans: Mapping[str, int] = field(default_factory=dict)
    max_characters: int = 80
    skip: tuple[str, ...] = ()
    seed: int = 0


def said_texts(config: SaidTextConfig, folder: Path, numbers: Mapping[str, int]) -> dict[str, list[SaidText]]:
    """All texts by language, shortest first: whole short rows, frequent words, stretches of sentences."""
    pools: dict[str, dict[str, str]] = {language: {} for language in config.languages}
    words: dict[str, Counter[str]] = {language: Counter() for language in config.languages}
    spans: dict[str, list[str]] = {language: [] for language in config.languages}
    dice = random.Random(config.seed)  # noqa: S311 - a reproducible draw, not a secret
    for row in _all_rows(config, folder):
        english = row.get("en", "")
        for language in config.languages:
            text = row.get({"pt-BR": "pt"}.get(language, language), "").strip()
            if not text:
                continue
            if speakable(text, config.max_characters):
                pools[language].setdefault(text, english if len(english) <= _LONGEST else "")
            found = _WORD.findall(text)
            words[language].update(found)
            if len(found) > 4:
                start = dice.randrange(len(found) - 2)
                spans[language].append(" ".join(found[start : start + dice.randint(2, 5)]))
    for language, pool in pools.items():
        most = config.words.get(language, config.words.get("default", 0))
        for word, _ in words[language].most_common(most):
            pool.setdefault(word, "")
        many = config.spans.get(language, config.spans.get("default", 0))
        for span in dice.sample(spans[language], min(many, len(spans[language]))):
            pool.setdefault(span, "")
    said = {language: list(_with_sounds(pool, language, numbers)) for language, pool in pools.items()}
    return {
        language: sorted(found, key=lambda text: len(text.sounds))
        for language, found in said.items()
        if found
    }


def _all_rows(config: SaidTextConfig, folder: Path) -> Iterator[dict[str, str]]:
    for source in config.sources:
        for row in rows(folder / f"{source}.jsonl.xz"):
            if not any(unwanted in row.get("en", "") for unwanted in config.skip):
                yield row


def _with_sounds(pool: Mapping[str, str], language: str, numbers: Mapping[str, int]) -> Iterator[SaidText]:
    if espeak_voice(language) is None:
        return
    for text, english in pool.items():
        sounds = tuple(numbers[sound] for sound in phones(ipa(text, language)) if sound in numbers)
        if 1 < len(sounds) <= _LONGEST:
            yield SaidText(text, language, sounds, english)
