"""A recording is cut into words, and the words add up to the vector of the written text."""

from pathlib import Path

import numpy as np
import pytest

from polyvox.encode.lexicon import Lexicon, WordSearch, save_lexicon
from polyvox.encode.words import Heard, SpokenWords, spoken_meaning, stretches

TABLE = np.eye(8, dtype=np.float32)
WORDS: list[tuple[int, ...]] = [(1, 2), (3, 4), (1, 4), (5,), (2, 3), (4, 5)]


@pytest.fixture
def lexicon(tmp_path: Path) -> Lexicon:
    dice = np.random.default_rng(0)
    keys = dice.normal(size=(64, 8)).astype(np.float32)
    fill: list[tuple[int, ...]] = [(6, 6, 6, 6, 6, 6)] * (64 - len(WORDS))
    meanings = [[(number % 8, 1.0)] for number in range(64)]
    save_lexicon(
        tmp_path, keys, WORDS + fill, meanings, WordSearch(candidates=64, sharpness=1.0), code_parts=4
    )
    return Lexicon.load(tmp_path)


def heard(sounds: list[int], ends: list[float]) -> Heard:
    """Two frames a sound and one of blank, with little doubt."""
    frames = [frame for sound in sounds for frame in (sound, sound, 0)]
    likely = np.full((len(frames), 7), 0.01)
    likely[np.arange(len(frames)), frames] = 0.94
    last = 3 * np.arange(len(sounds)) + 1
    return Heard(
        np.log(likely).astype(np.float32),
        np.ones((len(sounds), 8), np.float32),
        np.array(ends, np.float32),
        last,
    )


def test_one_word_means_itself(lexicon: Lexicon) -> None:
    meant = spoken_meaning(heard([3, 4], [-4, 4]), lexicon, lambda ids: TABLE[ids])
    assert meant.argmax() == 1
    assert meant[1] > 0.95


def test_two_words_add_up_though_a_false_end_is_likely(lexicon: Lexicon) -> None:
    meant = spoken_meaning(heard([1, 2, 3, 4], [1, 4, 1, 4]), lexicon, lambda ids: TABLE[ids])
    assert sorted(np.argsort(meant)[-2:]) == [0, 1]
    assert meant[:2].min() > 0.9


def test_silence_has_no_meaning_and_a_recording_without_ends_is_one_word(lexicon: Lexicon) -> None:
    silence = Heard(
        np.zeros((5, 7), np.float32),
        np.zeros((0, 8), np.float32),
        np.zeros(0, np.float32),
        np.zeros(0, np.int64),
    )
    assert not spoken_meaning(silence, lexicon, lambda ids: TABLE[ids]).any()
    found = stretches(heard([1, 2, 3], [-9, -9, -9]), WordSearch())
    assert found.begins.tolist() == [0]
    assert found.ends.tolist() == [9]


def test_a_sound_too_many_has_a_price_and_is_no_veto(lexicon: Lexicon) -> None:
    """A loud 6 inside the word 3 4: neither blank nor 3 nor 4 is likely there, e^-40."""
    said = heard([3, 6, 4], [-4, -4, 4])
    said.sounds[3:5] = -40
    said.sounds[3:5, 6] = 0
    meant = spoken_meaning(said, lexicon, lambda ids: TABLE[ids])
    assert meant.argmax() == 1
    assert meant[1] > 0.9


def test_padding_changes_nothing(lexicon: Lexicon) -> None:
    alone, longer = heard([3, 4], [-4, 4]), heard([1, 2, 3, 4], [-4, 4, -4, 4])
    spoken = SpokenWords(lexicon, lambda ids: TABLE[ids])

    def batch(*many: Heard) -> dict[str, np.ndarray]:
        frames, sounds = max(len(one.sounds) for one in many), max(len(one.ends) for one in many)
        out: dict[str, np.ndarray] = {
            "sounds": np.full((len(many), frames, 7), -1.0, np.float32),
            "queries": np.ones((len(many), sounds, 8), np.float32),
            "ends": np.full((len(many), sounds), -np.inf, np.float32),
            "last_frames": np.zeros((len(many), sounds), np.int64),
        }
        for number, one in enumerate(many):
            out["sounds"][number, : len(one.sounds)] = one.sounds
            out["ends"][number, : len(one.ends)] = one.ends
            out["last_frames"][number, : len(one.ends)] = one.last_frames
        return out

    single = spoken.vectors(batch(alone), np.array([24]))
    both = spoken.vectors(batch(longer, alone), np.array([48, 24]))
    np.testing.assert_allclose(both[1], single[0], atol=1e-6)
    assert np.linalg.norm(both, axis=1) == pytest.approx([1, 1], rel=1e-5)
