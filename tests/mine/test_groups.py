from __future__ import annotations

import numpy as np
import pytest

from polyvox.encode.protocol import Vectors
from polyvox.mine.groups import groups_of


def unit(*rows: list[float]) -> Vectors:
    made = np.array(rows, np.float32)
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


def test_distances_are_from_the_middle_and_nearest_first() -> None:
    # The mean of (1, 0) and (0.6, 0.8) is (0.8, 0.4), whose cosine with both is 0.8 / sqrt(0.8).
    (group,) = groups_of(unit([1, 0], [0.6, 0.8]), 0.6)
    assert group.members == (0, 1)
    assert group.distances == pytest.approx([1 - 0.8 / np.sqrt(0.8)] * 2, abs=1e-6)


def test_a_chain_is_not_one_group() -> None:
    angles = np.radians([0, 20, 40, 60, 80])
    chain = unit(*[[float(np.cos(angle)), float(np.sin(angle))] for angle in angles])
    groups = groups_of(chain, 0.9)
    assert sorted(len(group.members) for group in groups) == [2, 2]
    for group in groups:
        one, other = group.members
        assert chain[one] @ chain[other] >= 0.9


def test_every_group_keeps_its_mean_cosine_and_finds_what_was_planted() -> None:
    dice = np.random.default_rng(3)
    centres = dice.standard_normal((30, 64))
    labels = np.repeat(np.arange(30), 7)
    rows = unit(*(centres[labels] + 0.35 * dice.standard_normal((len(labels), 64))).tolist())
    order = dice.permutation(len(rows))
    groups = groups_of(rows[order], 0.7)
    assert len(groups) == 30
    for group in groups:
        members = list(group.members)
        assert len(set(labels[order][members])) == 1
        cosines = rows[order][members] @ rows[order][members].T
        assert cosines[np.triu_indices(len(members), 1)].mean() >= 0.7 - 1e-5


def test_many_copies_are_one_group_though_each_looks_at_few_neighbours() -> None:
    rows = unit(*[[1.0, 0.001 * n] for n in range(40)], [0, 1])
    (group,) = groups_of(rows, 0.9, neighbours=3)
    assert sorted(group.members) == list(range(40))


def test_nothing_is_near_zeros_and_nothing_is_in_nothing() -> None:
    assert groups_of(np.zeros((4, 8), np.float32), 0.5) == []
    assert groups_of(np.zeros((0, 8), np.float32), 0.5) == []


def test_it_tells_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    groups_of(unit([1, 0], [0, 1]), 0.5, watch=lambda done, all_: told.append((done, all_)))
    assert told == [(2, 2)]
