"""The static text tower: one vector a text, whatever stands beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, pre_tokenizers

from polyvox.encode import static
from polyvox.encode.static import StaticTextTower, save_tower, unknown_vector
from polyvox.errors import PolyvoxError

WORDS = ["<unk>", "red", "green", "blue", "grey"]


@pytest.fixture
def tower(tmp_path: Path) -> StaticTextTower:
    tokenizer = Tokenizer(models.Unigram([(word, -1.0) for word in WORDS], unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    table = np.array([[0, 0, 0], [3, 0, 0], [0, 4, 0], [0, 0, 1], [0.5, 0.5, 0.5]], np.float32)
    save_tower(tmp_path, table, tokenizer.to_str())
    return StaticTextTower.load(tmp_path)


def test_a_vector_is_the_unit_sum_of_its_words(tower: StaticTextTower) -> None:
    np.testing.assert_allclose(tower.encode(["red green"]), [[0.6, 0.8, 0]], atol=2e-3)


def test_a_sum_is_as_long_as_its_words_weigh(tower: StaticTextTower) -> None:
    np.testing.assert_allclose(tower.sums(["red", "green green"]), [[3, 0, 0], [0, 8, 0]], rtol=0.01)


def test_word_order_does_not_matter(tower: StaticTextTower) -> None:
    one, other = tower.encode(["red blue green", "green red blue"])
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_no_known_word_gives_the_unknown_vector(tower: StaticTextTower) -> None:
    vectors = tower.encode(["", "  ", "xyz"])
    np.testing.assert_array_equal(vectors, np.tile(unknown_vector(3), (3, 1)))


def test_no_texts_give_no_rows(tower: StaticTextTower) -> None:
    assert tower.encode([]).shape == (0, 3)


def test_a_row_does_not_depend_on_its_batch(tower: StaticTextTower, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(WORDS[1:], random.integers(0, 9))) for _ in range(300)]
    alone = np.concatenate([tower.encode([text]) for text in texts])
    monkeypatch.setattr(static, "_TOKENS_AT_ONCE", 16)
    monkeypatch.setattr(static, "_TEXTS_AT_ONCE", 7)
    np.testing.assert_array_equal(tower.encode(texts), alone)


def test_long_texts_are_cut(tower: StaticTextTower) -> None:
    vector = tower.encode(["red " * static.MOST_CHARACTERS + "green"])
    np.testing.assert_allclose(vector, [[1, 0, 0]], atol=1e-3)


def saved(folder: Path, table: NDArray[np.float32], bits: int) -> StaticTextTower:
    tokenizer = Tokenizer(models.Unigram([(word, -1.0) for word in WORDS], unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    save_tower(folder, table, tokenizer.to_str(), bits=bits)
    return StaticTextTower.load(folder)


@pytest.mark.parametrize(("bits", "least"), [(8, 0.9999), (4, 0.99)])
def test_rounding_keeps_the_direction(tmp_path: Path, bits: int, least: float) -> None:
    table = np.random.default_rng(0).normal(size=(5, 256)).astype(np.float32)
    vector = saved(tmp_path, table, bits).encode(["red"])[0]
    assert vector @ (table[1] / np.linalg.norm(table[1])) > least


def test_four_bits_are_half_a_byte_with_a_scale_for_each_prefix(tmp_path: Path) -> None:
    table = np.zeros((5, 16), np.float32)
    table[1, 0], table[1, 3], table[1, 9] = 7.0, 0.5, -100.0
    tower = saved(tmp_path, table, bits=4)
    assert tower.table.shape == (5, 8)
    assert tower.scales.shape == (5, 4)
    assert tower.dimension == 16
    np.testing.assert_allclose(tower.vectors(np.array([1])), table[1:2], rtol=2e-3)


def test_a_narrow_table_of_four_bits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match="multiple of 16"):
        saved(tmp_path, np.ones((5, 8), np.float32), bits=4)


def test_other_numbers_of_bits_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match="one of 8, 4, not 3"):
        saved(tmp_path, np.ones((5, 16), np.float32), bits=3)


@pytest.mark.parametrize("name", [static.TABLE_FILE, static.SCALES_FILE, static.TOKENIZER_FILE])
def test_a_damaged_file_is_named(tower: StaticTextTower, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"broken")
    with pytest.raises(PolyvoxError, match="cannot be read"):
        StaticTextTower.load(tmp_path)


def test_files_of_two_models_are_refused(tower: StaticTextTower, tmp_path: Path) -> None:
    np.save(tmp_path / static.SCALES_FILE, np.ones(2, np.float16))
    with pytest.raises(PolyvoxError, match="do not belong together"):
        StaticTextTower.load(tmp_path)
