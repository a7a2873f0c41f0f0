"""The language of a recording is guessed from all words that may be in it."""

from __future__ import annotations

import numpy as np
import pytest

from polyvox.encode.guess import LanguageGuesser
from polyvox.encode.lexicon_languages import GuessedSearch

ENGLISH, SPANISH, FRENCH = 0, 1, 2
WORDS = [[ENGLISH], [SPANISH], [FRENCH], [ENGLISH, SPANISH], [ENGLISH, ENGLISH], [ENGLISH]]
"""The languages of the words of six pronunciations."""


def guesser(sharpness: float = 1.0, foreign_cost: float = 1.0) -> LanguageGuesser:
    flat = np.array([language for entry in WORDS for language in entry], np.uint8)
    ends = np.cumsum([len(entry) for entry in WORDS])
    return LanguageGuesser(3, flat, ends, GuessedSearch(sharpness, foreign_cost))


def costs(entries: list[list[int]], scores: list[list[float]], **search: float) -> np.ndarray:
    return guesser(**search).costs(np.array(entries), np.array(scores, np.float32))


def test_by_hand() -> None:
    """An English word and a Spanish one, e³ : 1, or 0.95257 : 0.04743.

    With 0.0001 added to each of three languages and made one again: 0.95239, 0.04751, 0.00010. Of this 98 %,
    and 2 % in equal parts: 0.94001, 0.05323, 0.00676.
    """
    found = costs([[0, 1]], [[3.0, 0.0]])
    assert found[0] == pytest.approx([-np.log(0.94001), -np.log(0.05323)], rel=1e-4)
    assert costs([[0, 1]], [[3.0, 0.0]], foreign_cost=2.0)[0] == pytest.approx(2 * found[0], rel=1e-5)


def test_a_word_of_two_languages_is_half_of_each_and_a_homophone_counts_once() -> None:
    english, both, twice = costs([[0, 3, 4]], [[0.0, 0.0, 0.0]])[0]
    assert english == pytest.approx(twice)
    # A third of each candidate: 5/6 English, 1/6 Spanish, and doubt.
    shares = 0.98 * np.array([5 / 6, 1 / 6]) + 0.02 / 3
    assert both == pytest.approx(-np.log(shares.mean()), rel=1e-3)


def test_the_words_beside_decide() -> None:
    """The first stretch leaves English and Spanish open; the second is clearly Spanish."""
    alone = costs([[0, 1]], [[0.0, 0.0]])
    assert alone[0, 0] == pytest.approx(alone[0, 1])
    beside = costs([[0, 1], [1, 0]], [[0.0, 0.0], [6.0, 0.0]])
    assert beside[0, 0] - beside[0, 1] > 3


def test_neighbours_in_sound_decide() -> None:
    """A French word fits best by a little, but four English ones fit nearly as well."""
    found = costs([[2, 0, 3, 4, 5]], [[1.0, 0.8, 0.8, 0.8, 0.8]])
    assert found[0].argmax() == 0


def test_one_stretch_without_the_language_does_not_rule_it_out() -> None:
    """Three clear Spanish words and a name that only French has."""
    found = costs([[1, 2], [1, 2], [1, 2], [2, 2]], [[5.0, 0.0]] * 3 + [[5.0, 5.0]])
    assert found[0, 0] < found[0, 1]
    assert np.isfinite(found).all()
