"""The lexicon of a speech tower: which words it knows, how they sound, and what they mean."""

from __future__ import annotations

import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.lexicon import WordSearch, save_lexicon
from polyvox.encode.lexicon_languages import GuessedSearch, ToldSearch, save_languages
from polyvox.encode.static import StaticTextTower
from polyvox.errors import PolyvoxError
from polyvox.modules.pronunciation import LONGEST
from polyvox.train.parallel_text import column_of, rows
from polyvox.train.phonemes import ipa, phones
from polyvox.train.progress import Progress

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
LONGEST_SPAN = 60
_LONGEST_ENGLISH = 40


@dataclass(frozen=True, slots=True)
class LexiconConfig:
    """Which words a speech tower knows: the section [speech.lexicon] of a recipe.

    Attributes:
        sources: files of `text/` to read.
        bonus: added to a word's rank for each source it stands in; a rank is the sum over sources of the
            logarithm of 1 + its count.
        words: how many words of each language are kept, `default` for those not named.
        spans: how many stretches of two to six words of each language train the spotter, likewise.
        english_share: share of the English translation in a word's meaning, where one is known.
        skip: rows whose English contains one of these are left out.
        code_parts: bytes, times two, that the key of a word takes.
        seed: of the draws.
    """

    sources: tuple[str, ...]
    bonus: Mapping[str, float] = field(default_factory=dict)
    words: Mapping[str, int] = field(default_factory=lambda: {"default": 3000})
    spans: Mapping[str, int] = field(default_factory=lambda: {"default": 2500})
    english_share: float = 0.4
    skip: tuple[str, ...] = ()
    code_parts: int = 32
    seed: int = 3


class KnownWord(NamedTuple):
    """A word, its language, its sounds as numbers of the inventory, and its English where known."""

    text: str
    language: str
    sounds: tuple[int, ...]
    english: str = ""


Span = tuple[tuple[int, ...], ...]
"""Words said one after the other, each its sounds."""


class _Seen:
    """What was read of one language."""

    def __init__(self) -> None:
        self.ranks: Counter[str] = Counter()
        self.spellings: dict[str, Counter[str]] = defaultdict(Counter)
        self.english: dict[str, Counter[str]] = defaultdict(Counter)
        self.spans: list[list[str]] = []


def read_words(
    config: LexiconConfig, folder: Path, languages: Sequence[str], numbers: Mapping[str, int]
) -> tuple[list[KnownWord], dict[str, list[Span]]]:
    """The words of the lexicon, and spans of words by language.

    Args:
        config: which words.
        folder: the `text` folder of the data.
        languages: those to read, each one that espeak-ng reads.
        numbers: number of each sound of the inventory; others are left out.
    """
    seen = {language: _Seen() for language in languages}
    dice = random.Random(config.seed)  # noqa: S311 - a reproducible draw, not a secret
    for source in config.sources:
        _read_source(config, folder, source, seen, dice)
    words: list[KnownWord] = []
    spans: dict[str, list[Span]] = {}
    progress = Progress("lexicon", len(languages))
    for language, found in seen.items():
        most = config.words.get(language, config.words.get("default", 0))
        known = list(_known(found, language, most, numbers))
        words.extend(known)
        many = config.spans.get(language, config.spans.get("default", 0))
        drawn = dice.sample(found.spans, min(many, len(found.spans)))
        by_text = {word.text.casefold(): word.sounds for word in known}
        spans[language] = [
            span for span in (_said(words, language, by_text, numbers) for words in drawn) if span
        ]
        progress.advance()
    return words, spans


def _read_source(
    config: LexiconConfig, folder: Path, source: str, seen: Mapping[str, _Seen], dice: random.Random
) -> None:
    counts: dict[str, Counter[str]] = {language: Counter() for language in seen}
    for row in rows(folder / f"{source}.jsonl.xz"):
        english = row.get("en", "")
        if any(unwanted in english for unwanted in config.skip):
            continue
        for language, found in seen.items():
            text = row.get(column_of(language), "")
            spelled = WORD.findall(text) if text else []
            for word in spelled:
                counts[language][word.casefold()] += 1
                found.spellings[word.casefold()][word] += 1
            if spelled == [text] and language != "en" and 0 < len(english) <= _LONGEST_ENGLISH:
                found.english[text.casefold()][english] += 1
            if len(spelled) >= 2:
                length = min(len(spelled), dice.randint(2, 6))
                begin = dice.randrange(len(spelled) - length + 1)
                found.spans.append(spelled[begin : begin + length])
    for language, counted in counts.items():
        for word, count in counted.items():
            seen[language].ranks[word] += math.log1p(count) + config.bonus.get(source, 0)  # type: ignore[assignment]


def _known(found: _Seen, language: str, most: int, numbers: Mapping[str, int]) -> Iterator[KnownWord]:
    for word, _ in found.ranks.most_common(most):
        text = found.spellings[word].most_common(1)[0][0]
        sounds = _sounds(text, language, numbers)
        if 1 <= len(sounds) <= LONGEST:
            english = found.english[word].most_common(1)[0][0] if word in found.english else ""
            yield KnownWord(text, language, sounds, english)


def _sounds(text: str, language: str, numbers: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(numbers[sound] for sound in phones(ipa(text, language)) if sound in numbers)


def _said(
    words: Sequence[str], language: str, known: Mapping[str, tuple[int, ...]], numbers: Mapping[str, int]
) -> Span:
    """How words sound together, or one by one where espeak-ng runs some of them together."""
    parts = ipa(" ".join(words), language).split()
    if len(parts) == len(words):
        said = [tuple(numbers[sound] for sound in phones(part) if sound in numbers) for part in parts]
    else:
        said = [known.get(word.casefold()) or _sounds(word, language, numbers) for word in words]
    fits = all(0 < len(word) <= LONGEST for word in said) and sum(map(len, said)) <= LONGEST_SPAN
    return tuple(said) if fits else ()


def save_words(words: Iterable[KnownWord], path: Path) -> None:
    """Write words as lines of language, text, English and sound numbers, apart by tabs."""
    with path.open("w", encoding="utf-8") as stream:
        for word in words:
            sounds = " ".join(map(str, word.sounds))
            stream.write(f"{word.language}\t{word.text}\t{word.english}\t{sounds}\n")


def load_words(path: Path) -> list[KnownWord]:
    """Read what `save_words` wrote.

    Raises:
        PolyvoxError: a line is damaged, or there is none.
    """
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            language, text, english, sounds = line.split("\t")
            found.append(KnownWord(text, language, tuple(map(int, sounds.split())), english))
        except ValueError as error:
            raise PolyvoxError(f"{path} line {number}: is no word with its sounds ({error})") from error
        if not found[-1].sounds:
            raise PolyvoxError(f"{path} line {number}: {text!r} has no sounds")
    if not found:
        raise PolyvoxError(f"{path}: holds no words")
    return found


def meanings(
    words: Sequence[KnownWord], text: StaticTextTower, english_share: float
) -> dict[tuple[int, ...], Meaning]:
    """What each pronunciation means: subwords with weights, the mean over the words that sound so.

    A word's meaning is as long as its text vector; its direction is that of the text vector and of the
    vector of its English, made unit length and mixed by `english_share`.
    """
    return {sounds: _mean(group) for sounds, group in by_sounds(words, text, english_share).items()}


Meaning = list[tuple[int, float]]
"""Subwords with weights."""


def _mean(group: Sequence[tuple[KnownWord, Meaning]]) -> Meaning:
    return [(subword, weight / len(group)) for _, meant in group for subword, weight in meant]


def by_sounds(
    words: Sequence[KnownWord], text: StaticTextTower, english_share: float
) -> dict[tuple[int, ...], list[tuple[KnownWord, Meaning]]]:
    """The words that share each pronunciation, each with the subwords and weights of its own meaning."""
    own = _sums(text, [word.text for word in words])
    english = _sums(text, [word.english or word.text for word in words])
    same: dict[tuple[int, ...], list[tuple[KnownWord, Meaning]]] = defaultdict(list)
    for place, word in enumerate(words):
        same[word.sounds].append((word, _meaning(*own[place], *english[place], english_share)))
    return same


def _sums(text: StaticTextTower, texts: Sequence[str]) -> list[tuple[list[int], NDArray[np.float32]]]:
    bags = [list(ids) or [0] for ids in text.subwords.ids(list(texts))]
    return [(bag, text.vectors(np.array(bag, np.int64)).sum(0)) for bag in bags]


def _meaning(
    own: list[int],
    own_sum: NDArray[np.float32],
    english: list[int],
    english_sum: NDArray[np.float32],
    english_share: float,
) -> Meaning:
    own_length, english_length = np.linalg.norm(own_sum), np.linalg.norm(english_sum)
    if own == english or own_length < _TINY or english_length < _TINY:
        return [(subword, 1.0) for subword in own]
    mixed = (1 - english_share) * own_sum / own_length + english_share * english_sum / english_length
    length = max(float(np.linalg.norm(mixed)), 0.1)
    weights = (1 - english_share) / length, english_share * own_length / english_length / length
    return [(subword, float(weights[0])) for subword in own] + [
        (subword, float(weights[1])) for subword in english
    ]


_TINY = 1e-6


def write_lexicon(
    words: Sequence[KnownWord],
    keys: NDArray[np.float32],
    text: StaticTextTower,
    folder: Path,
    config: LexiconConfig,
    search: WordSearch,
    told: ToldSearch | None = None,
    guessed: GuessedSearch | None = None,
) -> int:
    """Put a lexicon and its languages into a model folder; gives the number of its pronunciations.

    Args:
        words: what is known.
        keys: of the different pronunciations, in the order in which `words` first has them.
        text: the text tower of the model.
        folder: of the model.
        config: how meanings and keys are kept.
        search: how the lexicon is to be searched.
        told: what is searched otherwise where the language is told.
        guessed: how much the guessed language counts where none is.
    """
    shared = by_sounds(words, text, config.english_share)
    meant = [_mean(group) for group in shared.values()]
    save_lexicon(folder, keys, list(shared), meant, search, code_parts=config.code_parts)
    save_languages(folder, words_by_entry(shared), told, guessed)
    return len(shared)


def words_by_entry(
    shared: Mapping[tuple[int, ...], Sequence[tuple[KnownWord, Meaning]]],
) -> list[list[tuple[str, int]]]:
    """What `save_languages` takes: the words of each pronunciation, as language and number of subwords."""
    return [[(word.language, len(meant)) for word, meant in group] for group in shared.values()]
