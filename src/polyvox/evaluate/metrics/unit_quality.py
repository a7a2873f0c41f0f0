"""How well discovered speech units agree with labels of the same frames, such as phones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class UnitQuality:
    """Agreement of units with labels, after HuBERT's measures (Hsu et al. 2021, arXiv 2106.07447).

    Attributes:
        phone_purity: share of frames whose label is the most frequent one of their unit.
        cluster_purity: share of frames whose unit is the most frequent one of their label.
        information: part of the labels' entropy that the units explain, I(label; unit) / H(label).
        used: units that occur.
        perplexity: 2 to the entropy of the units in bits: so many equally frequent ones carry as much.
        frames: that were counted.
    """

    phone_purity: float
    cluster_purity: float
    information: float
    used: int
    perplexity: float
    frames: int


def unit_quality(units: Numbers, labels: Numbers) -> UnitQuality:
    """Compare the unit and the label of every frame.

    Args:
        units: (N,), numbers from 0.
        labels: (N,), numbers from 0.

    Raises:
        ValueError: the two differ in length, or are empty.

    >>> found = unit_quality(np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1]))
    >>> found.phone_purity, found.cluster_purity, found.used, found.perplexity
    (0.75, 0.75, 2, 2.0)
    """
    if len(units) != len(labels) or not len(units):
        raise ValueError(f"{len(units)} units and {len(labels)} labels; each frame needs one of both")
    counts = np.zeros((int(units.max()) + 1, int(labels.max()) + 1))
    np.add.at(counts, (units, labels), 1)
    joint = counts / len(units)
    unit, label = joint.sum(axis=1), joint.sum(axis=0)
    shared = _entropy(unit) + _entropy(label) - _entropy(joint.ravel())
    return UnitQuality(
        phone_purity=float(joint.max(axis=1).sum()),
        cluster_purity=float(joint.max(axis=0).sum()),
        information=shared / _entropy(label) if _entropy(label) else 1.0,
        used=int((unit > 0).sum()),
        perplexity=float(2 ** _entropy(unit)),
        frames=len(units),
    )


def _entropy(shares: NDArray[np.float64]) -> float:
    """In bits."""
    positive = shares[shares > 0]
    return float(-(positive * np.log2(positive)).sum())
