"""Which languages the words of a lexicon are in, and what is searched otherwise by language."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.lexicon import Lexicon, Meanings
from polyvox.errors import PolyvoxError

LANGUAGES_FILE = "lexicon-languages.npz"


@dataclass(frozen=True, slots=True)
class ToldSearch:
    """What is searched otherwise where the language is told; chosen on development recordings.

    Attributes:
        sharpness: stands in for that of `WordSearch`.
        foreign_cost: log-likelihood that a word of another language has to gain, for each factor e by which
            the told language has more than `few_words`. The longer its list, the likelier a word is in it.
        few_words: with so few words a told language costs others nothing.
    """

    sharpness: float = 0.4
    foreign_cost: float = 3.0
    few_words: int = 1000

    def cost(self, words: int) -> float:
        """What words of other languages cost beside a told language of so many words.

        >>> round(ToldSearch().cost(2_000), 2), round(ToldSearch().cost(20_000), 2), ToldSearch().cost(500)
        (2.08, 8.99, 0.0)
        """
        return self.foreign_cost * max(0.0, math.log(words / self.few_words))


@dataclass(frozen=True, slots=True)
class GuessedSearch:
    """How much the guessed language counts where none is told; chosen on development recordings.

    Attributes:
        sharpness: of the choice among the words by which a language is guessed: the factor of their
            log-likelihoods.
        foreign_cost: log-likelihood that a word has to gain, for each factor e by which its languages are
            less likely.
    """

    sharpness: float = 0.2
    foreign_cost: float = 1.5


@dataclass(frozen=True, slots=True)
class LexiconLanguages:
    """The M words that share the N pronunciations of a lexicon, one entry after the other.

    Attributes:
        names: BCP 47 tags.
        of_words: the number of each word's language, (M,).
        words_of_entries: how many words sound so, (N,).
        subword_counts: how many of the entry's subwords are a word's, (M,).
        told: what is searched otherwise where a language is told.
        guessed: how much the guessed language counts where none is.
    """

    names: tuple[str, ...]
    of_words: NDArray[np.uint8]
    words_of_entries: NDArray[np.int64]
    subword_counts: NDArray[np.int64]
    told: ToldSearch = ToldSearch()
    guessed: GuessedSearch = GuessedSearch()

    @classmethod
    def load(cls, folder: Path, lexicon: Lexicon) -> LexiconLanguages | None:
        """Read the languages of a lexicon; None where its folder does not tell them.

        Raises:
            PolyvoxError: the file is damaged or belongs to another lexicon.
        """
        if not (folder / LANGUAGES_FILE).is_file():
            return None
        try:
            with np.load(folder / LANGUAGES_FILE, allow_pickle=False) as stored:
                words = stored["words_of_entries"].astype(np.int64)
                # A word that shares its pronunciation with no other has all subwords of the entry.
                counts = np.repeat(np.diff(lexicon.subword_ends, prepend=0), words)
                counts[np.repeat(words > 1, words)] = stored["shared_subword_counts"]
                found = cls(
                    names=tuple(json.loads(str(stored["names"]))),
                    of_words=stored["of_words"],
                    words_of_entries=words,
                    subword_counts=counts,
                    told=ToldSearch(**json.loads(str(stored["told"]))),
                    guessed=GuessedSearch(**json.loads(str(stored["guessed"]))),
                )
        except Exception as error:  # numpy and zipfile raise several kinds
            raise PolyvoxError(
                f"{folder / LANGUAGES_FILE} cannot be read ({error}); fetch or export the model again"
            ) from error
        if not (len(counts) == len(found.of_words) and counts.sum() == len(lexicon.subwords)):
            raise PolyvoxError(f"{folder}: {LANGUAGES_FILE} belongs to another lexicon")
        return found

    def meanings(self, lexicon: Lexicon, chosen: NDArray[np.bool_]) -> tuple[NDArray[np.int64], Meanings]:
        """Entries with at least one chosen word, (E,), and what the mean of their chosen words is.

        Args:
            lexicon: to which this belongs.
            chosen: words, (M,).
        """
        entry = np.repeat(np.arange(len(lexicon)), self.words_of_entries)
        kept = np.bincount(entry[chosen], minlength=len(lexicon))
        entries = np.flatnonzero(kept)
        counts = np.bincount(entry[chosen], self.subword_counts[chosen], len(lexicon))[entries]
        inside = np.repeat(chosen, self.subword_counts)
        # The lexicon has the mean over all words of an entry; some of them are left.
        fewer = np.repeat((self.words_of_entries / np.maximum(kept, 1))[entry], self.subword_counts)
        weights = (lexicon.weights[inside] * fewer[inside]).astype(np.float32)
        return entries, Meanings(lexicon.subwords[inside], weights, np.cumsum(counts).astype(np.int64))


def save_languages(
    folder: Path,
    words: Sequence[Sequence[tuple[str, int]]],
    told: ToldSearch | None = None,
    guessed: GuessedSearch | None = None,
) -> None:
    """Write the languages of a lexicon beside it.

    Args:
        folder: exists.
        words: for each entry the words that sound so, in the order of their subwords: language, and how many
            of the entry's subwords are the word's.
        told: what is searched otherwise where a language is told.
        guessed: how much the guessed language counts where none is.
    """
    names = list(dict.fromkeys(language for entry in words for language, _ in entry))
    number = {name: place for place, name in enumerate(names)}
    np.savez_compressed(
        folder / LANGUAGES_FILE,
        names=np.array(json.dumps(names)),
        of_words=_smallest([number[language] for entry in words for language, _ in entry]),
        words_of_entries=_smallest([len(entry) for entry in words]),
        shared_subword_counts=_smallest([count for entry in words if len(entry) > 1 for _, count in entry]),
        told=np.array(json.dumps(asdict(told or ToldSearch()))),
        guessed=np.array(json.dumps(asdict(guessed or GuessedSearch()))),
    )


def _smallest(values: Sequence[int]) -> NDArray[Any]:
    return np.array(values, np.min_scalar_type(max(values, default=0)))
