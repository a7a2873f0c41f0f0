"""A batch's vectors are sums of its tokens' parts, and its gradient reaches these parts alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

torch = pytest.importorskip("torch")

from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.train.bag_model import BagModel  # noqa: E402
from polyvox.train.composition import Composition  # noqa: E402
from polyvox.train.packed import TokenBags  # noqa: E402

# Token 0 stands alone, tokens 1 and 2 share part 3.
WEIGHTS = np.array([[1, 0, 0, 0], [0, 1, 0, 0.5], [0, 0, 1, 0.5]], np.float32)
BAGS = TokenBags(np.array([1, 2, 2, 0], np.int32), np.array([0, 2, 3, 4]))


def model(drop: float = 0.0) -> BagModel:
    first = torch.tensor([[1.0, 0], [0, 1], [2, 2]])
    built = BagModel(first, Composition(sparse.csr_array(WEIGHTS)), drop=drop, seed=0)
    built.adam.table[3] = torch.tensor([4.0, 0])
    return built


def test_a_text_is_the_sum_of_its_tokens_by_hand() -> None:
    batch = model().gather(BAGS, np.array([0, 1, 2]))
    assert batch.vectors().tolist() == [[2 + 4, 1 + 2], [4, 2], [1, 0]]
    assert model().table().tolist() == [[1, 0], [2, 1], [4, 2]]


def test_the_gradient_is_that_of_the_dense_product() -> None:
    batch = model().gather(BAGS, np.array([0, 1]))
    assert batch.rows.tolist() == [1, 2, 3]
    pull = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    (batch.vectors() * pull).sum().backward()
    tokens = torch.stack([pull[0], pull[0] + pull[1]])  # token 1 is in the first text, token 2 in both
    torch.testing.assert_close(batch.parts.grad, torch.from_numpy(WEIGHTS[1:, 1:]).T @ tokens)


def test_learning_moves_what_was_touched() -> None:
    learner = model()
    before = learner.adam.table.clone()
    batch = learner.gather(BAGS, np.array([1]))
    batch.vectors().sum().backward()  # type: ignore[no-untyped-call]
    learner.learn(batch, 0.1)
    moved = (learner.adam.table != before).any(1)
    assert moved.tolist() == [False, False, True, True]


def test_learning_before_a_gradient_is_a_mistake() -> None:
    learner = model()
    with pytest.raises(ValueError, match="call backward"):
        learner.learn(learner.gather(BAGS, np.array([0])), 0.1)


def test_a_checkpoint_of_other_parts_is_refused() -> None:
    learner = model()
    learner.restore(model().state())
    other = BagModel(torch.zeros(3, 2), Composition(sparse.csr_array(2 * WEIGHTS)), drop=0.0, seed=0)
    with pytest.raises(PolyvoxError, match="other parts of subwords"):
        learner.restore(other.state())


def test_dropped_tokens_leave_shorter_sums() -> None:
    learner = model(drop=0.5)
    lengths = {learner.gather(BAGS, np.array([0])).vectors().sum().item() for _ in range(40)}
    assert lengths == {0.0, 3.0, 6.0, 9.0}
