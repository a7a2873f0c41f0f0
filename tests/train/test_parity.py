from pathlib import Path

import numpy as np
import pytest

from polyvox.errors import PolyvoxError
from polyvox.train.manifest import Recording, write_manifest
from polyvox.train.parity import agreement, development_speech, recall, sample_speech, sample_texts


def test_agreement_is_by_row() -> None:
    reference = np.array([[1, 0], [0, 1]], np.float32)
    vectors = np.array([[0.6, 0.8], [0, 1]], np.float32)
    found = agreement(vectors, reference)
    assert found.largest == pytest.approx(0.8)
    assert found.least_cosine == pytest.approx(0.6)
    assert found.mean_cosine == pytest.approx(0.8)


def test_a_tie_is_a_miss() -> None:
    speech = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    texts = np.array([[1, 0], [0, 1], [1, 0]], np.float32)
    assert recall(speech[2:], texts, np.array([1])) == 1
    assert recall(speech[:1], texts, np.array([0])) == 0


def test_samples_are_there() -> None:
    assert len(sample_speech().recordings) > 20
    assert all(audio.seconds == 4 for audio in sample_speech().recordings)
    assert len(sample_texts()) > 20


def test_unreadable_development_data_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"no sound")
    write_manifest(tmp_path / "manifest.tsv", [Recording("a.wav", "en", transcript="text")])
    with pytest.raises(PolyvoxError, match="no recording with a text can be read"):
        development_speech(tmp_path)
