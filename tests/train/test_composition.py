"""Subwords share what their pieces and their spelling learn, and only that."""

from __future__ import annotations

import numpy as np
import pytest
from tokenizers import Tokenizer, models

pytest.importorskip("anyascii", reason="needs the extra 'train'")

from polyvox.train.composition import compose, likeliest_cut, spelled

UNKNOWN = ("<unk>", -20.0)
VOCABULARY = [UNKNOWN, ("ice", -2.0), ("cream", -3.0), ("icecream", -2.5), ("c", -9.0), ("ream", -9.0)]
FAMILY = [UNKNOWN, *((f"garden{ending}", -3.0) for ending in ("", "s", "er", "ing", "ed")), ("xyz", -3.0)]


def tokenizer(vocabulary: list[tuple[str, float]]) -> Tokenizer:
    return Tokenizer(models.Unigram(vocabulary, unk_id=0))


def test_pieces_have_the_weight_in_equal_parts_by_hand() -> None:
    """`icecream` is ice + cream, each 0.6 / √2; `cream` is c + ream; `ice` has no pieces."""
    weights = compose(tokenizer(VOCABULARY), 8, pieces=0.6, spelling=0.0).weights.toarray()
    half = 0.6 / np.sqrt(2)
    assert weights[3] == pytest.approx([0, half, half, 1, 0, 0, 0, 0])
    assert weights[2] == pytest.approx([0, 0, 1, 0, half, half, 0, 0])
    assert weights[1] == pytest.approx(np.eye(8)[1])
    assert weights[7] == pytest.approx(np.eye(8)[7])  # beyond the vocabulary


def test_a_piece_that_occurs_twice_counts_twice_and_the_unknown_subword_stands_alone() -> None:
    vocabulary = [UNKNOWN, ("ma", -2.0), ("mama", -2.0), ("<", -2.0), ("unk", -2.0), (">", -2.0)]
    weights = compose(tokenizer(vocabulary), 6, pieces=0.6, spelling=0.5).weights.toarray()
    assert weights[2, 1] == pytest.approx(2 * 0.6 / np.sqrt(2))
    assert weights[0].tolist() == np.eye(len(weights[0]))[0].tolist()


def test_another_spelling_has_another_digest() -> None:
    one, same, other = (
        compose(tokenizer(FAMILY), len(FAMILY), pieces=0.3, spelling=weight) for weight in (0.5, 0.5, 0.4)
    )
    assert one.digest() == same.digest() != other.digest()


def test_what_is_spelled_alike_shares_parts() -> None:
    composition = compose(tokenizer(FAMILY), len(FAMILY), pieces=0.0, spelling=0.5)
    shared = composition.weights[:, [*range(len(FAMILY), composition.parts)]].toarray()
    assert np.square(shared[1:6]).sum(1) == pytest.approx([0.25] * 5)
    assert not shared[6].any()
    learned = np.zeros((composition.parts, 2), np.float32)
    learned[len(FAMILY) :, 0] = 1
    table = composition.table(learned)
    assert (table[1:6, 0] > 0).all()
    assert not table[[0, 6]].any()


def test_the_touched_part_is_the_whole_for_those_that_it_names() -> None:
    composition = compose(tokenizer(FAMILY), len(FAMILY), pieces=0.3, spelling=0.5)
    local, parts = composition.touched(np.array([2, 6]))
    values = np.random.default_rng(0).normal(size=(composition.parts, 3)).astype(np.float32)
    np.testing.assert_allclose(local @ values[parts], composition.table(values)[[2, 6]], rtol=1e-5)
    assert len(parts) < composition.parts


def test_without_weights_every_subword_stands_alone() -> None:
    composition = compose(tokenizer(FAMILY), 9, pieces=0.0, spelling=0.0)
    np.testing.assert_array_equal(composition.weights.toarray(), np.eye(9, dtype=np.float32))


def test_a_word_that_nothing_spells_is_not_cut() -> None:
    assert likeliest_cut("icecream", {"icecream": -1.0, "ice": -2.0}) == []
    assert likeliest_cut("ab", {"a": -1.0, "b": -1.0, "ab": -9.0}) == []


def test_accents_and_scripts_are_levelled_and_syllables_kept() -> None:
    assert spelled("kafé") == spelled("kafe") == spelled("кафе")
    assert "물고" in spelled("물고기")
    assert spelled("") == set()
