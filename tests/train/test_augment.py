import numpy as np
import pytest

from polyvox.item import Audio
from polyvox.train import augment as a
from polyvox.train.augment import Augmentation, augment, mix

SAMPLES = (np.sin(np.arange(12_345) / 7) * np.sin(np.arange(12_345) / 4_000)).astype(np.float32)


def test_noise_is_mixed_at_the_ratio_that_is_asked() -> None:
    noise = np.random.default_rng(0).standard_normal(len(SAMPLES)).astype(np.float32)
    added = mix(SAMPLES, noise, 10) - SAMPLES
    assert 10 * np.log10(np.mean(SAMPLES**2) / np.mean(added**2)) == pytest.approx(10, abs=0.01)


@pytest.mark.parametrize("name", sorted(a._ORDER))
def test_each_distortion_changes_the_sound_and_keeps_it_sound(name: str) -> None:
    changed = a._ORDER[name](SAMPLES, np.random.default_rng(1))
    assert changed.dtype == np.float32
    assert np.isfinite(changed).all()
    assert 0.8 < len(changed) / len(SAMPLES) < 1.25
    assert len(changed) != len(SAMPLES) or not np.allclose(changed, SAMPLES, atol=1e-4)


def test_the_generator_decides_everything() -> None:
    def heard(seed: int) -> np.ndarray:
        return augment(Audio(SAMPLES), Augmentation(), np.random.default_rng(seed)).samples

    assert np.array_equal(heard(3), heard(3))
    assert not np.array_equal(heard(3), heard(4))


def test_no_distortion_leaves_the_sound_alone() -> None:
    none = Augmentation(0, 0, 0, 0, 0, 0, 0)
    assert np.array_equal(augment(Audio(SAMPLES), none, np.random.default_rng(0)).samples, SAMPLES)


def test_the_codec_keeps_what_is_said() -> None:
    coded = a.code(SAMPLES, np.random.default_rng(0))
    shift = np.correlate(coded[:8_000], SAMPLES[:7_000], "valid")
    assert np.abs(shift).max() > 0.5 * np.sum(SAMPLES[:7_000] ** 2)
