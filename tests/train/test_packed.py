"""Packed rows and the pairs drawn from them."""

from __future__ import annotations

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from polyvox.train.packed import PackedRows, TokenBags, pack
from polyvox.train.pairs import PairBatch, PairSampler, language_sizes
from polyvox.train.rows import ParallelRow


@pytest.fixture
def tokenizer() -> Tokenizer:
    words = ["<unk>", *"abcdefgh"]
    made = Tokenizer(models.Unigram([(word, -1.0) for word in words], unk_id=0))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return made


@pytest.fixture
def rows(tokenizer: Tokenizer) -> PackedRows:
    texts = [
        {"en": "a b", "de": "c", "en#2": "a"},
        {"de": "d e f", "fr": "g"},
        {"en": "h", "fr": "b c"},
    ]
    return pack([ParallelRow("s", row) for row in texts], tokenizer, longest=2)


def test_packing_keeps_rows_languages_and_the_first_tokens(rows: PackedRows) -> None:
    assert rows.languages == ("de", "en", "en#2", "fr")
    assert rows.row_of.tolist() == [0, 0, 0, 1, 1, 2, 2]
    assert rows.row_starts.tolist() == [0, 3, 5, 7]
    tokens, begins = rows.bags.take(np.array([3, 0]))
    assert tokens.tolist() == [4, 5, 1, 2]
    assert begins.tolist() == [0, 2]


def test_no_rows_are_refused(tokenizer: Tokenizer) -> None:
    with pytest.raises(ValueError, match="no rows"):
        pack([], tokenizer, longest=2)


def test_taking_no_texts() -> None:
    bags = TokenBags(np.array([1], np.int32), np.array([0, 1]))
    tokens, begins = bags.take(np.zeros(0, np.int64))
    assert len(tokens) == len(begins) == 0


def test_sizes_of_languages_join_their_wordings(rows: PackedRows) -> None:
    assert language_sizes([rows]) == {"de": 3, "en": 4, "fr": 3}


def test_a_pair_is_two_texts_of_one_row(rows: PackedRows) -> None:
    sampler = PairSampler([rows], {"s": 1.0}, exponent=0.5, pivot="en", pivot_share=0.5)
    for _ in range(50):
        pairs = sampler.batch(3)
        assert sorted(rows.row_of[pairs.left]) == [0, 1, 2]
        assert (rows.row_of[pairs.left] == rows.row_of[pairs.right]).all()
        assert (pairs.left != pairs.right).all()


def test_the_pivot_is_on_the_right_where_the_row_has_it(rows: PackedRows) -> None:
    sampler = PairSampler([rows], {"s": 1.0}, exponent=0.0, pivot="en", pivot_share=1.0)
    for _ in range(50):
        pairs = sampler.batch(3)
        language = dict(zip(rows.row_of[pairs.right], rows.language_of[pairs.right], strict=True))
        left = dict(zip(rows.row_of[pairs.left], rows.language_of[pairs.left], strict=True))
        assert rows.languages[language[0]].startswith("en")
        assert "en" in {rows.languages[language[2]], rows.languages[left[2]]}


def test_equal_texts_are_no_negatives(tokenizer: Tokenizer) -> None:
    texts = [{"en": "a", "de": "b"}, {"en": "a", "de": "c"}, {"en": "d", "de": "e"}]
    packed = pack([ParallelRow("s", row) for row in texts], tokenizer, longest=8)
    english, german = np.array([0, 2, 4]), np.array([1, 3, 5])
    expected = [[True, True, False], [True, True, False], [False, False, True]]
    assert PairBatch(packed, english, german).same.tolist() == expected
    assert PairBatch(packed, german, english).same.tolist() == expected
    mixed = PairBatch(packed, np.array([0, 3]), np.array([1, 2])).same
    assert mixed.tolist() == [[True, True], [False, True]]


def test_a_seed_gives_the_same_draws(rows: PackedRows) -> None:
    sampler = PairSampler([rows], {"s": 1.0}, exponent=0.5, pivot="en", pivot_share=0.5)
    draws = []
    for seed in (7, 7, 8):
        sampler.seed(seed)
        draws.append([sampler.batch(3).left.tolist() for _ in range(5)])
    assert draws[0] == draws[1]
    assert draws[0] != draws[2]


def test_elements_of_one_source_share_its_weight(rows: PackedRows, tokenizer: Tokenizer) -> None:
    other = pack([ParallelRow("t", {"en": "a", "de": "b"})], tokenizer, longest=2)
    weights = {"s": 1.0, "t": 1.0}
    sampler = PairSampler([rows, rows, other], weights, exponent=0.5, pivot="en", pivot_share=0.5)
    drawn = [sampler.batch(1).rows.source for _ in range(400)]
    assert 160 < drawn.count("t") < 240
