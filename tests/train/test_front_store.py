"""Frames are heard once, survive a kill, and unreadable recordings are told of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.train.tower.conftest import said

from polyvox.errors import PolyvoxError, ReadError
from polyvox.item import Audio
from polyvox.modules.front.protocol import Frames
from polyvox.train import alone as locking
from polyvox.train.front_store import FRAMES, ROWS, FrontStore, Hearing
from polyvox.train.waves import write_wav


class Counting:
    """A front of two values a frame that counts what it hears."""

    width, rate, fingerprint = 2, 10.0, "counting"

    def __init__(self) -> None:
        self.heard = 0

    def frames(self, recordings: Sequence[Audio]) -> list[Frames]:
        self.heard += len(recordings)
        return [one.samples[: len(one.samples) // 1_600 * 2].reshape(-1, 2) for one in recordings]

    def save(self, folder: Path) -> None:
        raise NotImplementedError


@pytest.fixture
def recordings(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{number}.wav" for number in range(3)]
    for number, path in enumerate(paths):
        write_wav(path, said(["fire", "bird"], number))
    return paths


def never(path: Path, reason: str) -> None:
    raise AssertionError(f"{path}: {reason}")


def once(paths: Sequence[Path]) -> list[tuple[Path, int]]:
    return [(path, 0) for path in paths]


def both(paths: Sequence[Path]) -> list[tuple[Path, int]]:
    return [(path, copy) for path in paths for copy in (0, 1)]


def test_every_copy_is_heard_once(tmp_path: Path, recordings: list[Path]) -> None:
    front = Counting()
    store = FrontStore(tmp_path / "store", front, Hearing(5.0))
    store.fill(both(recordings), never)
    assert front.heard == 6
    kept = [store.frames(path, copy).copy() for path, copy in both(recordings)]
    again = FrontStore(tmp_path / "store", front, Hearing(5.0))
    again.fill(both(recordings), never)
    assert front.heard == 6
    for before, (path, copy) in zip(kept, both(recordings), strict=True):
        np.testing.assert_array_equal(again.frames(path, copy), before)
    assert not np.array_equal(kept[0][:4], kept[1][:4])


Kept = NDArray[np.float16]


def filled(place: Path, recordings: list[Path]) -> tuple[Path, list[Kept]]:
    """The folder of a front in a store with every recording, and their frames."""
    store = FrontStore(place, Counting(), Hearing(5.0))
    store.fill(once(recordings), never)
    return next(place.iterdir()), [store.frames(path).copy() for path in recordings]


def mends_by_hearing_one(place: Path, recordings: list[Path], whole: list[Kept]) -> None:
    front = Counting()
    mended = FrontStore(place, front, Hearing(5.0))
    mended.fill(once(recordings), never)
    assert front.heard == 1
    for path, frames in zip(recordings, whole, strict=True):
        np.testing.assert_array_equal(mended.frames(path), frames)


def test_a_store_that_a_kill_cut_is_mended(tmp_path: Path, recordings: list[Path]) -> None:
    folder, whole = filled(tmp_path / "store", recordings)
    rows = (folder / ROWS).read_bytes()
    (folder / ROWS).write_bytes(rows[:-9])
    with (folder / FRAMES).open("ab") as file:
        file.write(b"half a frame")
    mends_by_hearing_one(tmp_path / "store", recordings, whole)


def test_frames_that_were_lost_are_heard_again(tmp_path: Path, recordings: list[Path]) -> None:
    folder, whole = filled(tmp_path / "store", recordings)
    kept = (folder / FRAMES).read_bytes()
    (folder / FRAMES).write_bytes(kept[: len(kept) - 3])
    mends_by_hearing_one(tmp_path / "store", recordings, whole)


def test_what_cannot_be_read_is_told_and_left_out(tmp_path: Path, recordings: list[Path]) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"not a recording")
    told: list[Path] = []
    store = FrontStore(tmp_path / "store", Counting(), Hearing(5.0))
    store.fill(once([*recordings, broken]), lambda path, reason: told.append(path))
    assert told == [broken]
    assert len(store.frames(recordings[0]))
    with pytest.raises(ReadError, match=r"broken\.wav"):
        store.frames(broken)


def test_a_recording_that_changed_is_heard_again(tmp_path: Path, recordings: list[Path]) -> None:
    front = Counting()
    store = FrontStore(tmp_path / "store", front, Hearing(5.0))
    store.fill(once(recordings), never)
    write_wav(recordings[0], said(["moon", "salt", "fire"], 9))
    store.fill(once(recordings), never)
    assert front.heard == 4


def test_what_is_wanted_twice_is_heard_once(tmp_path: Path, recordings: list[Path]) -> None:
    front = Counting()
    FrontStore(tmp_path / "store", front, Hearing(5.0)).fill(once([*recordings, *recordings]), never)
    assert front.heard == 3


def test_another_process_finds_what_the_first_one_heard(tmp_path: Path, recordings: list[Path]) -> None:
    first = FrontStore(tmp_path / "store", Counting(), Hearing(5.0))
    other = FrontStore(tmp_path / "store", Counting(), Hearing(5.0))
    first.fill(once(recordings), never)
    other.look()
    assert not other.unheard(once(recordings))
    np.testing.assert_array_equal(other.frames(recordings[2]), first.frames(recordings[2]))


def test_a_store_that_another_process_fills_is_refused(
    tmp_path: Path, recordings: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "PATIENCE_SECONDS", 0.1)
    folder, _ = filled(tmp_path / "store", recordings[:1])
    store = FrontStore(tmp_path / "store", Counting(), Hearing(5.0))
    with locking.alone(folder), pytest.raises(PolyvoxError, match="in use by another run"):
        store.fill(once(recordings), never)
    store.fill(once(recordings), never)


def test_what_two_stores_heard_one_after_the_other_is_kept(tmp_path: Path, recordings: list[Path]) -> None:
    first, other = (FrontStore(tmp_path / "store", Counting(), Hearing(5.0)) for _ in range(2))
    first.fill(once(recordings[:2]), never)
    other.fill(once(recordings), never)
    again = FrontStore(tmp_path / "store", Counting(), Hearing(5.0))
    assert not again.unheard(once(recordings))
    for path in recordings:
        np.testing.assert_array_equal(again.frames(path), other.frames(path))


def test_a_store_whose_rows_overlap_is_heard_anew(tmp_path: Path, recordings: list[Path]) -> None:
    folder, whole = filled(tmp_path / "store", recordings)
    rows = (folder / ROWS).read_bytes()
    (folder / ROWS).write_bytes(rows + rows)
    (folder / FRAMES).write_bytes((folder / FRAMES).read_bytes() * 2)
    front = Counting()
    store = FrontStore(tmp_path / "store", front, Hearing(5.0))
    store.fill(once(recordings), never)
    assert front.heard == 3
    for path, frames in zip(recordings, whole, strict=True):
        np.testing.assert_array_equal(store.frames(path), frames)
