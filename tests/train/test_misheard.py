"""Misheard words: distributions, rates, and where each word ends."""

import numpy as np
import pytest

from polyvox.train.misheard import Mishearing, mishear

CONFUSION = np.array([[0, 0, 0, 0], [0, 0.8, 0.1, 0.1], [0, 0.1, 0.8, 0.1], [0, 0.1, 0.1, 0.8]], np.float32)
CLEAN = Mishearing(substitution=0, deletion=0, insertion=0, doubt=0, blank=0)


def test_without_errors_every_sound_is_heard_and_ends_are_the_last_sounds() -> None:
    heard = mishear([[(1, 2), (3,)], [(2, 2, 1)]], CONFUSION, CLEAN, np.random.default_rng(0))
    assert heard.sounds[heard.mask].argmax(1).tolist() == [1, 2, 3, 2, 2, 1]
    assert heard.ends[heard.mask].tolist() == [-1, 0, 1, -1, -1, 0]
    assert heard.sounds.shape == (2, 8, 4)
    assert not heard.sounds[~heard.mask].any()


def test_rows_are_distributions_and_errors_have_their_rates() -> None:
    settings = Mishearing(substitution=0.4, deletion=0.2, insertion=0.2, doubt=0.5, blank=0.3)
    spans = [[(1,) * 10, (1,) * 10]] * 400
    heard = mishear(spans, CONFUSION, settings, np.random.default_rng(1))
    rows = heard.sounds[heard.mask]
    np.testing.assert_allclose(rows.sum(1), 1, atol=1e-5)
    lengths = heard.mask.sum(1)
    # The degree is 0.5 in the mean: a tenth is lost, and of what is left a tenth is added.
    assert lengths.mean() == pytest.approx(20 * (1 - 0.1 + 0.09), rel=0.03)


def test_each_word_ends_once_unless_all_of_it_was_lost() -> None:
    settings = Mishearing(deletion=0.9)
    heard = mishear([[(1,), (2, 3), (1,)]] * 300, CONFUSION, settings, np.random.default_rng(2))
    for ends in heard.ends:
        found = ends[ends >= 0].tolist()
        assert found == sorted(set(found))
        assert found
