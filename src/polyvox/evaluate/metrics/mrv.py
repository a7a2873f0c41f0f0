"""Mean rank variance: whether one question is answered equally well in every language."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from polyvox.evaluate.metrics.metric import Values


class Spread(StrEnum):
    """The two numbers that are published under the one name MRV."""

    VARIANCE = "variance"
    DEVIATION = "deviation"


def mrv(ranks: Values, spread: Spread) -> Values:
    """MRV of each instance: the spread of its gold rank over K languages; their mean is reported.

    variance = (1/K) Σ_k (rank_k − mean)²  as the paper defines it; deviation = √variance as the paper's code
    computes it (CCR^k, KDD 2024, arXiv 2406.18254). Both fall whenever ranks fall: show them beside the mean
    rank.

    Args:
        ranks: shape (instances, K), the rank of the gold document when the instance is asked in language k.
        spread: which of the two.

    >>> mrv(np.array([[1.0, 3.0, 8.0], [2.0, 2.0, 2.0]]), Spread.VARIANCE).round(4).tolist()
    [8.6667, 0.0]
    >>> mrv(np.array([[1.0, 5.0]]), Spread.DEVIATION).tolist()
    [2.0]
    """
    variance = ranks.var(axis=1)
    values: Values = np.sqrt(variance) if spread is Spread.DEVIATION else variance
    return values
