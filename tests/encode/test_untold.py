"""A model that takes no notice of told languages says so, once."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from polyvox.encode import untold
from polyvox.encode.load import load_encoder
from polyvox.encode.untold import note_untold
from polyvox.item import Audio

SILENCE = np.zeros(16_000, np.float32)


@pytest.fixture(autouse=True)
def nothing_said_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(untold, "_named", set())


def test_each_model_is_named_once_and_only_where_a_language_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        note_untold("deaf", [Audio(SILENCE), Audio(SILENCE)])
        assert not caplog.records
        for model in ("deaf", "deaf", "other"):
            note_untold(model, [Audio(SILENCE), Audio(SILENCE, ("sw",))])
    assert [record.getMessage().split("'")[1] for record in caplog.records] == ["deaf", "other"]


def test_the_model_of_sounds_says_that_it_cannot_be_told(caplog: pytest.LogCaptureFixture) -> None:
    encoder = load_encoder("sounds")
    with caplog.at_level(logging.WARNING):
        plain = encoder.encode_speech([Audio(SILENCE)])
        told = encoder.encode_speech([Audio(SILENCE, ("sw",))])
    assert "'sounds' cannot be told" in caplog.text
    np.testing.assert_array_equal(plain, told)
