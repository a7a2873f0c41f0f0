"""Language bias in mixed pools: how much a system prefers documents in one language."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from polyvox.evaluate.metrics.metric import Values
from polyvox.evaluate.search import Integers

ENGLISH = "en"


def inclination(top: Integers, languages: Sequence[str], language: str = ENGLISH) -> Values:
    """Inclination@k = share of `language` among the first k − its share of the pool, of each query.

    0 is no bias in a pool where every content is there in every language; 1 − share is the most that is
    possible. (The share of English in the top 10 as in arXiv 2604.05684, less what chance gives.)

    Args:
        top: the first k documents of each query, (Q, k).
        languages: the language of each document, (N,).
        language: the language whose preference is measured.

    >>> inclination(np.array([[0, 1], [2, 3]]), ["en", "en", "sw", "en", "sw", "sw"]).tolist()
    [0.5, 0.0]
    """
    chosen: NDArray[np.bool_] = np.array([one == language for one in languages])
    values: Values = chosen[top].mean(axis=1) - chosen.mean()
    return values
