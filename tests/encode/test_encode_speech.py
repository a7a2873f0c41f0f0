from pathlib import Path

import numpy as np
import pytest

from polyvox.encode.load import default_model_folder
from polyvox.encode.speech import MODEL_FILE, SpeechTower
from polyvox.errors import PolyvoxError
from polyvox.item import Audio

DEFAULT = default_model_folder()
shipped = pytest.mark.skipif(
    not (DEFAULT / MODEL_FILE).is_file(), reason="the shipped model has no speech tower yet"
)


@pytest.fixture(scope="module")
def tower() -> SpeechTower:
    return SpeechTower.load(DEFAULT, threads=1)


def noise(seconds: float, seed: int) -> Audio:
    dice = np.random.default_rng(seed)
    samples = (
        dice.standard_normal(int(16_000 * seconds)) * np.sin(np.arange(int(16_000 * seconds)) / 900) ** 2
    )
    return Audio(samples.astype(np.float32))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match="no such file"):
        SpeechTower.load(tmp_path)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / MODEL_FILE).write_bytes(b"not a model")
    with pytest.raises(PolyvoxError, match="not a usable ONNX model"):
        SpeechTower.load(tmp_path).encode([noise(1, 0)])


@shipped
def test_rows_are_unit_float32(tower: SpeechTower) -> None:
    vectors = tower.encode([noise(1, 0), noise(2, 1)])
    assert vectors.shape == (2, 256)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@shipped
def test_nothing_gives_no_rows(tower: SpeechTower) -> None:
    assert tower.encode([]).shape == (0, 256)


@shipped
def test_a_vector_alone_equals_itself_in_any_batch(tower: SpeechTower) -> None:
    recordings = [noise(seconds, seed) for seed, seconds in enumerate((0.01, 0.4, 1.0, 2.7, 6.3))]
    together = tower.encode(recordings)
    alone = np.concatenate([tower.encode([audio]) for audio in recordings])
    assert np.abs(together - alone).max() < 1e-4


@shipped
def test_what_comes_after_the_longest_time_is_not_heard(tower: SpeechTower) -> None:
    whole = noise(tower.max_seconds + 3, 5)
    cut = Audio(whole.samples[: int(tower.max_seconds * 16_000)])
    assert np.array_equal(tower.encode([whole]), tower.encode([cut]))


@shipped
def test_silence_and_empty_recordings_give_finite_vectors(tower: SpeechTower) -> None:
    vectors = tower.encode([Audio(np.zeros(0, np.float32)), Audio(np.zeros(16_000, np.float32))])
    assert np.isfinite(vectors).all()
