"""InfoNCE in one direction."""

from __future__ import annotations

import math
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")

from polyvox.train.losses.one_way import one_way_contrastive  # noqa: E402

QUERIES = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
PASSAGES = torch.tensor([[1.0, 0.0], [3.0, 3.0]])


def test_by_hand() -> None:
    root = math.sqrt(0.5)
    # Cosines: [[1, r], [0, r]].
    rows = [math.log(1 + math.exp(3 * (root - 1))), math.log(1 + math.exp(-3 * root))]
    found = one_way_contrastive(QUERIES, PASSAGES, scale=3.0)
    assert found.item() == pytest.approx(sum(rows) / 2, abs=1e-6)


def test_as_the_library_has_it() -> None:
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    theirs: Any = MultipleNegativesRankingLoss(torch.nn.Identity(), scale=20.0)
    wanted = theirs.compute_loss_from_embeddings([QUERIES, PASSAGES], None)
    torch.testing.assert_close(one_way_contrastive(QUERIES, PASSAGES, scale=20.0), wanted)


def test_equal_texts_are_no_negatives() -> None:
    same = torch.ones(2, 2, dtype=torch.bool)
    assert one_way_contrastive(QUERIES, PASSAGES, scale=3.0, same=same).item() == 0.0
