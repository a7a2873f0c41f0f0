from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from polyvox.train.mixing import mix  # noqa: E402


def test_both_sides_are_sums_of_the_same_pairs() -> None:
    """With one-hot rows a sum shows which pairs are in it."""
    pairs = torch.eye(9)
    for seed in range(50):
        left, right = mix(pairs, 2 * pairs, 4, np.random.default_rng(seed))
        assert torch.equal(right, 2 * left)
        assert (left.diagonal() == 1).all()
        assert 2 <= left.sum(1).min() == left.sum(1).max() <= 4
        assert len(np.unique(left.numpy(), axis=0)) == 9


def test_no_two_sums_are_the_same_in_an_even_batch() -> None:
    for seed in range(50):
        left, _ = mix(torch.eye(4), torch.eye(4), 4, np.random.default_rng(seed))
        assert len(np.unique(left.numpy(), axis=0)) == 4


def test_a_batch_of_one_or_two_stays_as_it_is() -> None:
    for count in (1, 2):
        left, right = mix(torch.eye(count), torch.eye(count), 4, np.random.default_rng(0))
        assert torch.equal(left, torch.eye(count))
        assert torch.equal(right, torch.eye(count))
