"""Ears by words: what the light model is told reaches it."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")

from polyvox.encode import hub, load_encoder, untold  # noqa: E402
from polyvox.encode.hub import HubEncoder  # noqa: E402
from polyvox.encode.load import default_model_folder  # noqa: E402
from polyvox.item import Audio  # noqa: E402
from polyvox.modules.heard_words import HeardWords, as_tensor  # noqa: E402
from polyvox.modules.space import join  # noqa: E402
from polyvox.modules.static_text import StaticText  # noqa: E402

WORDS = ["fish", "water", "samaki", "maji"]


@pytest.fixture(scope="module")
def ears() -> HeardWords:
    words = as_tensor(load_encoder().encode_text(WORDS))
    return HeardWords(default_model_folder(), WORDS, words, words.clone(), sharpness=5.0)


@pytest.fixture
def encoder(ears: HeardWords, monkeypatch: pytest.MonkeyPatch) -> HubEncoder:
    model = join([StaticText.from_light(default_model_folder())], ears)
    monkeypatch.setattr(hub, "_opened", lambda _name: model)
    monkeypatch.setattr(untold, "_named", set())
    return HubEncoder("ears")


@pytest.fixture(scope="module")
def sounds() -> np.ndarray:
    dice = np.random.default_rng(3)
    return np.asarray(dice.normal(0, 0.1, 16_000) * np.sin(np.arange(16_000) / 900) ** 2, np.float32)


def test_the_light_model_hears_the_languages_of_a_recording(ears: HeardWords, sounds: np.ndarray) -> None:
    light, told = load_encoder(), Audio(sounds, ("sw",))
    expected = light.encode_speech([told])
    for given in (told, {"array": sounds, "sampling_rate": 16_000, "languages": ("sw",)}):
        np.testing.assert_allclose(ears.batch([given])["input_features"], expected, atol=1e-6)
    plain = ears.batch([{"array": sounds, "sampling_rate": 16_000}])["input_features"]
    np.testing.assert_allclose(plain, light.encode_speech([Audio(sounds)]), atol=1e-6)
    assert float((plain.numpy() * expected).sum()) < 0.99


def test_a_told_language_goes_through_the_whole_model(
    encoder: HubEncoder, sounds: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        plain, told = encoder.encode_speech([Audio(sounds), Audio(sounds, ("sw",))])
    assert not caplog.records
    np.testing.assert_allclose(plain, encoder.encode_speech([Audio(sounds)])[0], atol=1e-6)
    assert np.abs(plain - told).max() > 1e-4


def test_a_model_that_cannot_be_told_says_so(
    encoder: HubEncoder,
    ears: HeardWords,
    sounds: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(HeardWords, "can_be_told", False)
    deaf = HubEncoder("ears")
    with caplog.at_level(logging.WARNING):
        plain, told = deaf.encode_speech([Audio(sounds), Audio(sounds, ("sw",))])
    assert "'ears' cannot be told" in caplog.text
    np.testing.assert_allclose(plain, told, atol=1e-6)


def test_it_is_written_and_read(ears: HeardWords, tmp_path: Path) -> None:
    ears.write(tmp_path)
    assert HeardWords.read(tmp_path).words == WORDS
