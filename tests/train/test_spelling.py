"""Likeness of spelling moves vectors towards each other, and by no more than asked."""

from __future__ import annotations

import numpy as np

from polyvox.train.spelling import lend_by_spelling

STEMS = ["water", "stone", "garden", "winter"]
SUBWORDS = [stem + ending for stem in STEMS for ending in ("", "s", "ing", "ly")]


def test_an_unseen_word_is_drawn_to_its_relatives() -> None:
    random = np.random.default_rng(0)
    table = np.repeat(np.eye(4, 8, dtype=np.float32), 4, axis=0)
    table[3] = random.normal(size=8)
    counts = np.full(16, 1_000)
    counts[3] = 0
    lent = lend_by_spelling(table, SUBWORDS, counts, 0.5)
    before, after = (rows[3] @ table[0] / np.linalg.norm(rows[3]) for rows in (table, lent))
    assert after > before + 0.05
    other = lent[3] - table[3]
    assert other[0] > 3 * np.abs(other[1:]).max()


def test_nothing_is_lent_where_no_share_is_given_or_nothing_is_alike() -> None:
    table = np.random.default_rng(0).normal(size=(2, 4)).astype(np.float32)
    assert lend_by_spelling(table, ["one", "two"], np.ones(2, int), 0.0) is table
    np.testing.assert_array_equal(lend_by_spelling(table, ["one", "two"], np.ones(2, int), 1.0), table)


def test_the_share_scales_what_is_lent() -> None:
    table = np.random.default_rng(1).normal(size=(16, 4)).astype(np.float32)
    counts = np.arange(16)
    once, twice = (lend_by_spelling(table, SUBWORDS, counts, share) - table for share in (0.1, 0.2))
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-3, atol=1e-5)
