from __future__ import annotations

import pytest

from polyvox.index.fuse import reciprocal_ranks


def test_ranks_computed_by_hand() -> None:
    fused = reciprocal_ranks({"dense": ["a", "b", "c"], "lexical": ["c", "a", "d"]})
    # a: 1/61 + 1/62, c: 1/63 + 1/61, b: 1/62, d: 1/63
    assert [name for name, _ in fused] == ["a", "c", "b", "d"]
    assert [score for _, score in fused] == pytest.approx(
        [0.0325225, 0.0322664, 0.0161290, 0.0158730], abs=1e-7
    )


def test_ties_keep_the_order_of_appearance() -> None:
    assert [name for name, _ in reciprocal_ranks({"x": ["a"], "y": ["b"]})] == ["a", "b"]
    assert reciprocal_ranks({"x": []}) == []
