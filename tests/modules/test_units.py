"""Units: reproducible, independent of the batch, saved and loaded whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("safetensors", reason="needs the extra 'train'")

from polyvox.errors import PolyvoxError
from polyvox.item import Audio
from polyvox.modules.front import open_front
from polyvox.modules.units import Units, merged


def tone(step: float, length: int = 16_000) -> Audio:
    return Audio(np.sin(np.arange(length) * step).astype(np.float32))


RECORDINGS = [tone(0.1), tone(0.4), tone(1.1), tone(0.1, 9_000)]


@pytest.fixture(scope="module")
def units() -> Units:
    front = open_front("log-mel")
    return Units.fit(front, front.frames(RECORDINGS), size=8, seed=3)


def test_units_tell_tones_apart(units: Units) -> None:
    assert (units.size, units.rate) == (8, 25.0)
    low, middle, high, short = units.ids(RECORDINGS)
    assert low.dtype == np.int32
    assert [len(low), len(short)] == [25, 14]
    assert 0 <= low.min() <= low.max() < 8
    assert not set(low[:-1].tolist()) & set(high.tolist())
    assert not set(low[:-1].tolist()) & set(middle[:-1].tolist())


def test_a_recording_alone_has_the_units_that_it_has_in_a_batch(units: Units) -> None:
    for recording, together in zip(RECORDINGS, units.ids(RECORDINGS), strict=True):
        np.testing.assert_array_equal(units.ids([recording])[0], together)


def test_units_are_the_nearest_centres() -> None:
    front = open_front("log-mel")
    centres = np.zeros((3, 320), np.float32)
    centres[:, 0] = [-1, 0, 2]
    units = Units(front, centres, np.full(320, 1, np.float32), np.full(320, 2, np.float32))
    frames = np.ones((4, 320), np.float32)
    frames[:, 0] = [-5, 0.5, 2.9, 3.1]  # standardised: -3, -0.25, 0.95, 1.05
    assert units.of(frames).tolist() == [0, 1, 1, 2]
    assert units.of(frames[:0]).tolist() == []


def test_the_same_seed_learns_the_same_units(units: Units) -> None:
    front = open_front("log-mel")
    again = Units.fit(front, front.frames(RECORDINGS), size=8, seed=3)
    for one, other in zip(units.ids(RECORDINGS), again.ids(RECORDINGS), strict=True):
        np.testing.assert_array_equal(one, other)


def test_saved_units_load_with_their_front(units: Units, tmp_path: Path) -> None:
    units.merge = True
    units.save(tmp_path)
    units.merge = False
    again = Units.load(tmp_path)
    assert again.merge
    assert {path.suffix for path in tmp_path.rglob("*.*")} == {".json", ".safetensors"}
    for one, other in zip(units.ids(RECORDINGS), again.ids(RECORDINGS), strict=True):
        np.testing.assert_array_equal(merged(one), other)
        assert (np.diff(other) != 0).all()


def test_wrong_folders_and_fronts_are_named(units: Units, tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match="holds no units"):
        Units.load(tmp_path)
    units.save(tmp_path)
    with pytest.raises(PolyvoxError, match="another front"):
        Units.load(tmp_path, open_front("log-mel", stride=2))
    with pytest.raises(PolyvoxError, match="frames of 320 values, the front gives 256"):
        Units(open_front("default"), np.zeros((2, 320), np.float32), *np.ones((2, 320), np.float32))
    with pytest.raises(PolyvoxError, match="8 units need at least as many frames, but there are 2"):
        Units.fit(units.front, [np.zeros((2, 320), np.float32)], size=8)
