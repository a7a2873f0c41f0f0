"""A lexicon that was told which languages are spoken: their words first, all other words at a cost."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.lexicon import Lexicon, Meanings, Pronunciations, SubwordVectors, Vectors, WordSearch
from polyvox.errors import PolyvoxError
from polyvox.item import UNKNOWN_LANGUAGE

if TYPE_CHECKING:
    from polyvox.encode.words import KnownWords

LOGGER = logging.getLogger(__name__)
LANGUAGES_FILE = "lexicon-languages.npz"
_NEVER = np.float32(1e9)
_FARTHEST = 9
"""CLDR puts tags so far apart at most that differ by a region, and languages whose speakers read one another:
nb-no 1, gsw-de 8. Tags that are further apart are other languages or are written in other scripts."""
_KEPT = 8
"""So many sets of told languages are held at once; the largest takes 10 MB, three languages 3 MB at most."""
_MOST_NAMED = 20
"""So many unknown languages are named in warnings; who sends tags must not fill the log."""


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
class LexiconLanguages:
    """The M words that share the N pronunciations of a lexicon, one entry after the other.

    Attributes:
        names: BCP 47 tags.
        of_words: the number of each word's language, (M,).
        words_of_entries: how many words sound so, (N,).
        subword_counts: how many of the entry's subwords are a word's, (M,).
        search: what is searched otherwise.
    """

    names: tuple[str, ...]
    of_words: NDArray[np.uint8]
    words_of_entries: NDArray[np.int64]
    subword_counts: NDArray[np.int64]
    search: ToldSearch = ToldSearch()

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
                    search=ToldSearch(**json.loads(str(stored["search"]))),
                )
        except Exception as error:  # numpy and zipfile raise several kinds
            raise PolyvoxError(
                f"{folder / LANGUAGES_FILE} cannot be read ({error}); fetch the model again"
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


@dataclass(frozen=True, slots=True)
class ToldLexicon:
    """A lexicon of N entries, those of the told languages once more, as N and what follows.

    Half of the candidates are the nearest words of the told languages with what they mean there, half are
    the nearest of all; the latter cost something, so that a name or a borrowed word is still heard.

    Attributes:
        whole: all languages.
        entries: numbers in `whole` of the entries of the told languages, (E,).
        keys: a FAISS index over their keys.
        meanings: what they mean in the told languages.
        is_told: which entries of `whole` they are, (N,).
        search: how this is searched.
        foreign_cost: log-likelihood that a word of another language has to gain.
    """

    whole: Lexicon
    entries: NDArray[np.int64]
    keys: Any
    meanings: Meanings
    is_told: NDArray[np.bool_]
    search: WordSearch
    foreign_cost: float

    @classmethod
    def of(cls, lexicon: Lexicon, languages: LexiconLanguages, told: Sequence[str]) -> ToldLexicon:
        """The lexicon for recordings in some of its languages."""
        numbers = [languages.names.index(name) for name in told]
        entries, meanings = languages.meanings(lexicon, np.isin(languages.of_words, numbers))
        is_told = np.zeros(len(lexicon), np.bool_)
        is_told[entries] = True
        search = replace(
            lexicon.search,
            candidates=2 * lexicon.search.candidates,
            cut_candidates=2 * lexicon.search.cut_candidates,
            sharpness=languages.search.sharpness,
        )
        keys = _some_keys(lexicon.keys, entries)
        # The shortest list decides: the other languages' words must not keep out what it lacks.
        fewest = int(np.bincount(languages.of_words, minlength=len(languages.names))[numbers].min())
        return cls(lexicon, entries, keys, meanings, is_told, search, languages.search.cost(fewest))

    def nearest(self, queries: Vectors, count: int) -> NDArray[np.int64]:
        """The nearest told entries and the nearest of all by turns, (G, count); -1 stands for none."""
        every = self.whole.nearest(queries, count // 2)
        own = self.keys.search(np.ascontiguousarray(queries), every.shape[1])[1]
        own = np.where(own < 0, -1, own + len(self.whole))
        return np.stack([own, every], axis=2).reshape(len(queries), -1)

    def pronunciations(self, entries: NDArray[np.int64]) -> Pronunciations:
        """How entries sound; `entries` may have any shape."""
        places = np.maximum(entries - len(self.whole), 0)
        told = self.entries[places]
        return self.whole.pronunciations(np.where(entries >= len(self.whole), told, np.maximum(entries, 0)))

    def costs(self, entries: NDArray[np.int64]) -> Vectors:
        """Log-likelihood that entries have to gain, in their shape."""
        own = entries >= len(self.whole)
        # What is there as a told entry already must not count twice.
        never = (entries < 0) | self.is_told[np.where(own, 0, entries)]
        foreign = np.where(never, _NEVER, np.float32(self.foreign_cost))
        return np.where(own, np.float32(0), foreign).astype(np.float32)

    def meaning(
        self, entries: NDArray[np.int64], shares: Vectors, subword_vectors: SubwordVectors
    ) -> Vectors:
        """The sum of the meanings of entries (M,), each times its share (M,): (D,), not of unit length."""
        own = entries >= len(self.whole)
        told = self.meanings.added_up(entries[own] - len(self.whole), shares[own], subword_vectors)
        return told + self.whole.meaning(entries[~own], shares[~own], subword_vectors)


class ToldLexicons:
    """A lexicon by told languages; each is made when first needed, in up to a second, and a few are kept.

    Args:
        lexicon: all languages.
        folder: of the model, which may hold the languages of the lexicon.
    """

    def __init__(self, lexicon: Lexicon, folder: Path) -> None:
        self._lexicon = lexicon
        self._languages = lru_cache(maxsize=1)(lambda: LexiconLanguages.load(folder, lexicon))
        self._made = lru_cache(maxsize=_KEPT)(self._make)
        self._known = lru_cache(maxsize=1024)(self._find)
        self._named: set[str] = set()

    def of(self, told: Sequence[str]) -> KnownWords:
        """The lexicon for recordings in some languages; all of it where it knows none of them.

        The first languages that it does not know are named in a warning, each once.

        Raises:
            PolyvoxError: the languages of the lexicon cannot be read.
        """
        names = sorted({name for tag in told if (name := self._known(tag))})
        return self._made(tuple(names)) if names else self._lexicon

    def _make(self, names: tuple[str, ...]) -> KnownWords:
        languages = self._languages()
        return ToldLexicon.of(self._lexicon, languages, names) if languages else self._lexicon

    def _find(self, tag: str) -> str:
        languages = self._languages()
        names = languages.names if languages else ()
        found = nearest_language(tag, names)
        if not found and tag not in self._named and len(self._named) < _MOST_NAMED:
            self._named.add(tag)
            known = f"it knows {', '.join(sorted(names))}" if names else "it cannot be told any"
            LOGGER.warning(
                "the model has no list of words in %r (%s); such recordings are heard as if no language were "
                "named",
                tag,
                known,
            )
        return found


def nearest_language(tag: str, names: Sequence[str]) -> str:
    """The nearest name for a language by CLDR's distances; empty where none is near.

    >>> nearest_language("es-MX", ["en", "es"]), nearest_language("th", ["sw"])
    ('es', '')
    >>> nearest_language("gsw", ["de", "en"]), nearest_language("und-Latn", ["en"])  # und: no language at all
    ('de', '')
    """
    if tag in names or not names:
        return tag if names else ""
    if tag.partition("-")[0] == UNKNOWN_LANGUAGE:
        return ""
    # Its tables take 0.1 s to load, and most recordings name no language.
    from langcodes import closest_match

    found, distance = closest_match(tag, list(names), max_distance=_FARTHEST)
    return found if distance <= _FARTHEST else ""


def save_languages(
    folder: Path, words: Sequence[Sequence[tuple[str, int]]], search: ToldSearch | None = None
) -> None:
    """Write the languages of a lexicon beside it.

    Args:
        folder: exists.
        words: for each entry the words that sound so, in the order of their subwords: language, and how many
            of the entry's subwords are the word's.
        search: what is searched otherwise.
    """
    names = list(dict.fromkeys(language for entry in words for language, _ in entry))
    number = {name: place for place, name in enumerate(names)}
    np.savez_compressed(
        folder / LANGUAGES_FILE,
        names=np.array(json.dumps(names)),
        of_words=_smallest([number[language] for entry in words for language, _ in entry]),
        words_of_entries=_smallest([len(entry) for entry in words]),
        shared_subword_counts=_smallest([count for entry in words if len(entry) > 1 for _, count in entry]),
        search=np.array(json.dumps(asdict(search or ToldSearch()))),
    )


def _smallest(values: Sequence[int]) -> NDArray[Any]:
    return np.array(values, np.min_scalar_type(max(values, default=0)))


def _some_keys(keys: Any, entries: NDArray[np.int64]) -> Any:  # noqa: ANN401 - FAISS has no types
    """A FAISS index over some of the keys of another: the same codes, its search for these alone."""
    import faiss

    some = faiss.IndexPQFastScan(keys.d, keys.pq.M, keys.pq.nbits, keys.metric_type)
    some.pq, some.is_trained = keys.pq, True
    some.add(keys.reconstruct_batch(entries))
    return some
