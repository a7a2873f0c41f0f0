"""The lexicon: saved, reloaded, searched; meanings add up."""

from pathlib import Path

import numpy as np
import pytest

from polyvox.encode.lexicon import KEYS_FILE, LEXICON_FILE, Lexicon, WordSearch, save_lexicon
from polyvox.errors import PolyvoxError

WORDS = 40
SPOKEN = [(1 + number % 7,) * (1 + number % 3) for number in range(WORDS)]


def keys() -> np.ndarray:
    rows = np.random.default_rng(1).normal(size=(WORDS, 8)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    meanings = [[(number, 1.0), (number + 1, 0.5)] for number in range(WORDS)]
    save_lexicon(tmp_path, keys(), SPOKEN, meanings, WordSearch(candidates=5), code_parts=8)
    return tmp_path


def test_what_was_saved_is_found_again(folder: Path) -> None:
    lexicon = Lexicon.load(folder)
    assert len(lexicon) == WORDS
    assert lexicon.search == WordSearch(candidates=5)
    nearest = lexicon.nearest(keys(), 5)
    assert nearest.shape == (WORDS, 5)
    assert np.mean([number in row for number, row in enumerate(nearest)]) > 0.9


def test_pronunciations_come_filled_up_in_any_shape(folder: Path) -> None:
    spoken = Lexicon.load(folder).pronunciations(np.array([[0, 2], [4, 39]]))
    assert spoken.lengths.tolist() == [[1, 3], [2, 1]]
    assert spoken.sounds.tolist() == [[[1, 0, 0], [3, 3, 3]], [[5, 5, 0], [5, 0, 0]]]


def test_meanings_are_weighted_sums_of_subword_vectors(folder: Path) -> None:
    table = np.eye(WORDS + 1, dtype=np.float32)
    meant = Lexicon.load(folder).meaning(
        np.array([3, 0]), np.array([0.5, 2], np.float32), lambda ids: table[ids]
    )
    assert meant[[0, 1, 3, 4]].tolist() == [2.0, 1.0, 0.5, 0.25]
    assert meant.sum() == 3.75


@pytest.mark.parametrize("name", [LEXICON_FILE, KEYS_FILE])
def test_a_damaged_file_is_named(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"no")
    with pytest.raises(PolyvoxError, match="lexicon"):
        Lexicon.load(folder)
