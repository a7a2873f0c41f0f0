"""Which language a recording is in, guessed from the words that may be in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.lexicon import Vectors, likely_shares, members
from polyvox.encode.lexicon_languages import GuessedSearch, LexiconLanguages

_SURPRISE = 1e-4
"""Likelihood of a word that no candidate has: one such stretch does not rule a language out."""
_DOUBT = 0.02
"""How much of the guess all languages share alike."""


@dataclass(frozen=True, slots=True)
class LanguageGuesser:
    """Guesses the language of a recording, one of L, from the entries that may be in it.

    The N entries of a lexicon are pronunciations, which M words share, one entry after the other.

    Attributes:
        count: L.
        of_words: the number of each word's language, (M,).
        ends: where the words of each entry end, (N,).
        search: how much the guess counts.
    """

    count: int
    of_words: NDArray[np.uint8]
    ends: NDArray[np.int64]
    search: GuessedSearch

    @classmethod
    def of(cls, languages: LexiconLanguages) -> LanguageGuesser:
        """What guesses among the languages of a lexicon."""
        ends = np.cumsum(languages.words_of_entries)
        return cls(len(languages.names), languages.of_words, ends, languages.guessed)

    def costs(self, entries: NDArray[np.int64], scores: Vectors) -> Vectors:
        """Log-likelihood that entries have to gain, (W, N).

        A language is as likely as the words are that it has among the candidates of every stretch. So the
        other words of a recording help, and so do those that sound like the right one: they are mostly of
        its language.

        Args:
            entries: candidates for each of W stretches, (W, N).
            scores: their log-likelihoods, (W, N).
        """
        shares = self._shares(entries)
        likely = likely_shares(scores, self.search.sharpness)
        heard = np.log(np.einsum("wn,wnl->wl", likely, shares) + _SURPRISE).sum(axis=0)
        guess = np.exp(heard - heard.max())
        guess = (1 - _DOUBT) * guess / guess.sum() + _DOUBT / self.count
        return np.asarray(-self.search.foreign_cost * np.log(shares @ guess), np.float32)

    def _shares(self, entries: NDArray[np.int64]) -> Vectors:
        """How many of the words of each entry are in each language, as shares of one: (W, N, L)."""
        flat = entries.ravel()
        places, counts = members(self.ends, flat)
        cells = np.repeat(np.arange(len(flat)) * self.count, counts) + self.of_words[places]
        found = np.bincount(cells, np.repeat(1 / counts, counts), len(flat) * self.count)
        return np.asarray(found.reshape(*entries.shape, self.count), np.float32)
