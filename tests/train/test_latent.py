"""Latent semantic analysis puts subwords of the same rows together."""

from __future__ import annotations

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from polyvox.train.latent import latent_vectors
from polyvox.train.packed import pack
from polyvox.train.rows import ParallelRow

WORDS = ["<unk>", "red", "rot", "green", "grün", "blue", "blau", "never"]


def test_translations_are_closest_and_unseen_subwords_are_zero() -> None:
    tokenizer = Tokenizer(models.Unigram([(word, -1.0) for word in WORDS], unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    pairs = [("red", "rot"), ("green", "grün"), ("blue", "blau")]
    rows = [ParallelRow("s", {"en": english, "de": german}) for english, german in pairs] * 20
    vectors = latent_vectors([pack(rows, tokenizer, 8)], {"s": 1.0}, len(WORDS), 3, seed=0)
    assert vectors.shape == (len(WORDS), 3)
    assert not vectors[[0, 7]].any()
    unit = vectors[1:7] / np.linalg.norm(vectors[1:7], axis=1, keepdims=True)
    similarity = unit @ unit.T
    expected = np.kron(np.eye(3), np.ones((2, 2)))
    np.testing.assert_allclose(similarity, expected, atol=1e-3)
    assert (vectors[1:7] ** 2).sum(axis=1).mean() == pytest.approx(1.6**2, rel=1e-3)
