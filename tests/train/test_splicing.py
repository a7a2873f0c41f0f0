"""Recordings cut between two sounds and joined: the sounds that are left are the ones that are told."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from polyvox.encode.features import CLIP, MELS  # noqa: E402
from polyvox.modules.sounds import Sounds, SoundsConfig  # noqa: E402
from polyvox.train import splicing  # noqa: E402
from polyvox.train.feature_store import Example, FeatureStore, Stored  # noqa: E402
from polyvox.train.speech_batches import SpeechSource, collate  # noqa: E402
from polyvox.train.splicing import SplicedSource, spikes, spliced  # noqa: E402

SOUNDS = ["", "a", "b", "k", "o"]
FRAMES = 24


class Levels(FeatureStore):
    """Recordings of three sounds of eight frames; all mels of a frame say which recording and which sound."""

    def __init__(self) -> None:
        said = [("a", "b", "k"), ("k", "o", "a"), ("o", "o", "b")]
        self.rows = [
            Stored(Example(language, "gcompris", language[:2], "train", sounds, "", "", ""), 0, FRAMES)
            for language, sounds in zip(["en1", "en2", "fr1"], said, strict=True)
        ]

    def features(self, row: Stored) -> np.ndarray:
        number = next(place for place, one in enumerate(self.rows) if one is row)
        sound = np.repeat(np.arange(3), 8)
        return np.repeat((10 * number + sound)[:, None], MELS, axis=1).astype(np.int8)


def source(share: float = 1.0) -> SplicedSource:
    places = [(0, number) for number in range(3)]
    found = {place: np.array([1, 2, 5]) for place in places[:2]}
    return SplicedSource(
        [Levels()],
        {"gcompris": places},
        {"gcompris": 1.0},
        found,
        {("gcompris", "en"): places[:2]},
        frozenset(SOUNDS[1:]),
        share,
    )


def test_spikes_by_hand() -> None:
    """Blank, a, a, blank, b: the second a is clearer, and one frame has the b."""
    odds = np.full((5, 3), 0.05, np.float32)
    for frame, (label, value) in enumerate([(0, 0.9), (1, 0.6), (1, 0.9), (0, 0.9), (2, 0.9)]):
        odds[frame, label] = value
    found, fit = spikes(np.log(odds), np.array([1, 2])) or (None, 0.0)
    assert found is not None
    assert found.tolist() == [2, 4]
    assert fit == pytest.approx((4 * np.log(0.9) + np.log(0.6)) / 5, abs=1e-5)


def test_a_sound_that_is_said_twice_needs_a_blank_between() -> None:
    odds = np.log(np.full((2, 2), 0.5, np.float32))
    assert spikes(odds, np.array([1, 1])) is None
    found = spikes(np.log(np.full((3, 2), 0.5, np.float32)), np.array([1, 1]))
    assert found is not None
    assert found[0].tolist() == [0, 2]


def test_what_is_joined_has_the_sounds_that_it_says() -> None:
    """Frames 0 to 7 are the first sound, and so on: a cut is at frame 8 or 16, and at no other."""
    joining, dice = source(), np.random.default_rng(0)
    texts = [("a", "b", "k"), ("k", "o", "a")]
    seen = set()
    for _ in range(200):
        features, row = joining.taken((0, 0), dice)
        levels = np.round(features[:, 0] * 127 / CLIP).astype(int)
        pieces = np.split(levels, np.flatnonzero(np.diff(levels)) + 1)
        said = [(texts[piece[0] // 10][piece[0] % 10], len(piece)) for piece in pieces]
        assert row.frames == len(features)
        assert sum(length for _, length in said) == 8 * len(row.example.phones)
        if all(length == 8 for _, length in said):
            assert row.example.phones == tuple(sound for sound, _ in said)
            seen.add(row.example.phones)
    assert {("a", "o", "a"), ("a", "b", "a")} <= seen


def test_others_are_taken_as_they_are() -> None:
    dice = np.random.default_rng(0)
    features, row = source().taken((0, 2), dice)
    assert row.example.phones == ("o", "o", "b")
    assert len(features) == FRAMES
    unspliced = source(share=0.0)
    assert all(unspliced.taken((0, 0), dice)[1].example.phones == ("a", "b", "k") for _ in range(20))


def test_only_a_drawn_batch_is_spliced() -> None:
    spliced_source = source()
    plain = collate(spliced_source, [(0, 0)] * 8)
    assert {row.example.phones for row in plain.rows} == {("a", "b", "k")}
    drawn = collate(spliced_source, [(0, 0)] * 8, np.random.default_rng(0))
    assert len({row.example.phones for row in drawn.rows}) > 1
    assert [row.frames for row in drawn.rows] == drawn.lengths.tolist()


def test_a_recording_is_not_joined_with_a_copy_of_itself() -> None:
    joining, dice = source(), np.random.default_rng(1)
    assert {joining._joint((0, 0), dice).other for _ in range(50)} == {(0, 1)}


def test_a_network_says_where_to_cut_and_what_it_said_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(splicing, "_DOUBTFUL", -99.0)
    torch.manual_seed(0)
    model = Sounds(SoundsConfig(len(SOUNDS), width=16, layers=1, heads=2, kernel=3)).train()
    plain = SpeechSource([Levels()], {"gcompris": [(0, 0), (0, 1), (0, 2)]}, {"gcompris": 1.0})

    def found(network: Sounds) -> SplicedSource:
        return spliced(plain, ["gcompris", "artikulate"], 0.5, network, SOUNDS, tmp_path / "kept.npz")

    first = found(model)
    assert model.training
    assert list(first.spikes) == [(0, 0), (0, 1)], "the French one has no partner"
    assert first.partners == {("gcompris", "en"): [(0, 0), (0, 1)]}
    assert all(len(places) == 3 and np.all(np.diff(places) > 0) for places in first.spikes.values())
    assert "2 of 3 recordings can be cut" in capsys.readouterr().err
    torch.nn.init.normal_(model.head.weight, std=9)
    again = found(model)
    assert all(np.array_equal(first.spikes[place], again.spikes[place]) for place in first.spikes)


def test_a_network_that_is_not_sure_cuts_nothing(tmp_path: Path) -> None:
    model = Sounds(SoundsConfig(len(SOUNDS), width=16, layers=1, heads=2, kernel=3))
    plain = SpeechSource([Levels()], {"gcompris": [(0, 0), (0, 1)]}, {"gcompris": 1.0})
    found = spliced(plain, ["gcompris"], 0.5, model, SOUNDS, tmp_path / "kept.npz")
    assert not found.spikes
    assert found.taken((0, 0), np.random.default_rng(0))[1].example.phones == ("a", "b", "k")
