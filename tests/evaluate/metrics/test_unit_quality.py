import numpy as np
import pytest

from polyvox.evaluate.metrics.unit_quality import unit_quality


def test_by_hand() -> None:
    """Labels a a a b b b c c; unit 0 has a a, 1 has a b, 3 has b b c c; unit 2 never occurs."""
    found = unit_quality(np.array([0, 0, 1, 1, 3, 3, 3, 3]), np.array([0, 0, 0, 1, 1, 1, 2, 2]))
    assert found.phone_purity == pytest.approx((2 + 1 + 2) / 8)
    assert found.cluster_purity == pytest.approx((2 + 2 + 2) / 8)
    labels = -(2 * 3 / 8 * np.log2(3 / 8) + 2 / 8 * np.log2(2 / 8))
    left = 2 / 8 * 0 + 2 / 8 * 1 + 4 / 8 * 1
    assert found.information == pytest.approx((labels - left) / labels)
    assert (found.used, found.frames) == (3, 8)
    assert found.perplexity == pytest.approx(2**1.5)


def test_units_that_are_the_labels_explain_all_and_constant_ones_nothing() -> None:
    labels = np.array([0, 1, 2, 1])
    assert unit_quality(labels, labels).information == pytest.approx(1)
    assert unit_quality(np.zeros(4, np.int64), labels).information == pytest.approx(0)
    with pytest.raises(ValueError, match="4 labels"):
        unit_quality(labels[:3], labels)
