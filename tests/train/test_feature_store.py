from pathlib import Path

import numpy as np
import pytest

from polyvox.encode.features import CLIP, log_mel
from polyvox.errors import PolyvoxError
from polyvox.item import Audio
from polyvox.train.augment import Augmentation
from polyvox.train.feature_store import Example, FeatureStore, build_store, to_float
from polyvox.train.waves import audio_from_wav, write_wav


def example(folder: Path, number: int, copies: int = 2) -> Example:
    path = folder / f"{number}.wav"
    samples = np.random.default_rng(number).standard_normal(4_000 + 900 * number) * 0.1
    write_wav(path, Audio(samples.astype(np.float32)))
    return Example(str(path), "gcompris", "fr", "train", ("a", "b"), "ab", "a b", "k", copies)


def test_features_are_those_of_the_front_end(tmp_path: Path) -> None:
    one = example(tmp_path, 3)
    store = build_store([one], tmp_path / "store", Augmentation(), 0)
    clean, distorted = store.rows
    expected = log_mel(audio_from_wav(Path(one.path).read_bytes()))
    assert np.abs(to_float(store.features(clean)) - expected).max() <= CLIP / 127
    assert clean.example == one
    assert distorted.start == clean.frames


def test_a_stopped_build_goes_on_to_the_same_result(tmp_path: Path) -> None:
    examples = [example(tmp_path, number) for number in range(4)]
    build_store(examples, tmp_path / "whole", Augmentation(), 0)
    build_store(examples[:2], tmp_path / "parts", Augmentation(), 0)
    with (tmp_path / "parts" / "features.bin").open("ab") as file:
        file.write(b"half a recording")
    build_store(examples, tmp_path / "parts", Augmentation(), 0)
    for name in ("rows.jsonl", "features.bin"):
        whole, parts = ((tmp_path / run / name).read_bytes() for run in ("whole", "parts"))
        assert parts[: len(whole)] == whole


def test_what_cannot_be_read_is_named_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    bad = Example(str(tmp_path / "bad.wav"), "gcompris", "fr", "train", (), "", "", "")
    store = build_store([bad, example(tmp_path, 1, 1)], tmp_path / "store", Augmentation(), 0)
    assert len(store.rows) == 1
    assert "bad.wav" in (tmp_path / "store" / "skipped.txt").read_text()


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match="holds no features"):
        FeatureStore(tmp_path)
