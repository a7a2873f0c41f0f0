"""A lexicon that was told which languages are spoken: their words first, all other words at a cost."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.guess import LanguageGuesser
from polyvox.encode.lexicon import Lexicon, Meanings, Pronunciations, SubwordVectors, Vectors, WordSearch
from polyvox.encode.lexicon_languages import LexiconLanguages
from polyvox.item import UNKNOWN_LANGUAGE

if TYPE_CHECKING:
    from polyvox.encode.words import KnownWords

LOGGER = logging.getLogger(__name__)
_NEVER = np.float32(1e9)
_FARTHEST = 9
"""CLDR puts tags so far apart at most that differ by a region, and languages whose speakers read one another:
nb-no 1, gsw-de 8. Tags that are further apart are other languages or are written in other scripts."""
_KEPT = 8
"""So many sets of told languages are held at once; the largest takes 10 MB, three languages 3 MB at most."""
_MOST_NAMED = 20
"""So many unknown languages are named in warnings; who sends tags must not fill the log."""


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
            sharpness=languages.told.sharpness,
        )
        keys = _some_keys(lexicon.keys, entries)
        # The shortest list decides: the other languages' words must not keep out what it lacks.
        fewest = int(np.bincount(languages.of_words, minlength=len(languages.names))[numbers].min())
        return cls(lexicon, entries, keys, meanings, is_told, search, languages.told.cost(fewest))

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
        self._guesser = lru_cache(maxsize=1)(self._make_guesser)
        self._named: set[str] = set()

    def of(self, told: Sequence[str]) -> KnownWords:
        """The lexicon for recordings in some languages; all of it where it knows none of them.

        The first languages that it does not know are named in a warning, each once.

        Raises:
            PolyvoxError: the languages of the lexicon cannot be read.
        """
        names = sorted({name for tag in told if (name := self._known(tag))})
        return self._made(tuple(names)) if names else self._lexicon

    def guesser(self) -> LanguageGuesser | None:
        """What guesses the language of a recording where none is told; None where the lexicon has none.

        Raises:
            PolyvoxError: the languages of the lexicon cannot be read.
        """
        return self._guesser()

    def _make_guesser(self) -> LanguageGuesser | None:
        languages = self._languages()
        return LanguageGuesser.of(languages) if languages else None

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


def _some_keys(keys: Any, entries: NDArray[np.int64]) -> Any:  # noqa: ANN401 - FAISS has no types
    """A FAISS index over some of the keys of another: the same codes, its search for these alone."""
    import faiss

    some = faiss.IndexPQFastScan(keys.d, keys.pq.M, keys.pq.nbits, keys.metric_type)
    some.pq, some.is_trained = keys.pq, True
    some.add(keys.reconstruct_batch(entries))
    return some
