"""Best CTC paths, against all paths by brute force."""

import itertools

import numpy as np
import pytest

from polyvox.encode.alignment import path_scores


def best_path(scores: np.ndarray, label: list[int]) -> float:
    """The best of all paths that collapse to the label."""
    paths = itertools.product(range(scores.shape[1]), repeat=len(scores))
    return max(
        (
            sum(scores[frame, sound] for frame, sound in enumerate(path))
            for path in paths
            if [sound for sound, _ in itertools.groupby(path) if sound] == label
        ),
        default=-np.inf,
    )


def test_scores_are_those_of_the_best_of_all_paths() -> None:
    dice = np.random.default_rng(0)
    stretches = [np.log(dice.dirichlet(np.ones(4), frames)).astype(np.float32) for frames in (5, 3)]
    labels = [[1, 2], [2, 2], [3]]
    sounds = np.array([[[1, 2], [2, 2], [3, 1]]] * 2, np.uint8)
    lengths = np.array([[2, 2, 1]] * 2, np.uint8)
    found = path_scores(stretches, sounds, lengths)
    for stretch, row in zip(stretches, found, strict=True):
        np.testing.assert_allclose(row, [best_path(stretch, label) for label in labels], rtol=1e-5)


def test_a_word_longer_than_its_stretch_has_no_chance() -> None:
    stretch = np.log(np.full((2, 4), 0.25)).astype(np.float32)
    found = path_scores([stretch], np.array([[[1, 1], [1, 2]]], np.uint8), np.array([[2, 2]], np.uint8))
    assert found[0, 0] < -1e8  # two equal sounds need a blank between them
    assert found[0, 1] == pytest.approx(2 * np.log(0.25), rel=1e-5)
