"""How well held-out rows find each other, measured while a text tower is trained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from polyvox.train.packed import Integers, PackedRows

FEWEST_PAIRS = 50
"""Languages with fewer held-out pairs are not measured."""


def development_recall(
    rows: PackedRows,
    encode: Callable[[Integers], NDArray[np.float32]],
    *,
    pivot: str = "en",
    pool: int = 500,
) -> dict[str, float]:
    """R@1 between each language and the pivot, mean of both directions.

    Where the source has no pivot texts, its most frequent language takes that part. Ties count against us.

    Args:
        rows: held-out rows.
        encode: places of texts in `rows` to (N, D) unit vectors.
        pivot: language tag.
        pool: at most so many pairs a language.

    Returns:
        Language tag to R@1.
    """
    counts = Counter(rows.languages[index] for index in rows.language_of)
    if counts[pivot] < FEWEST_PAIRS:
        pivot = counts.most_common(1)[0][0]
    pivots = _texts_by_row(rows, pivot)
    recalls: dict[str, float] = {}
    for language in rows.languages:
        if language.partition("#")[0] == pivot:
            continue
        own = _texts_by_row(rows, language)
        shared = sorted(own.keys() & pivots.keys())[:pool]
        if len(shared) >= FEWEST_PAIRS:
            left = encode(np.array([own[row] for row in shared]))
            right = encode(np.array([pivots[row] for row in shared]))
            recalls[language] = _recall(left, right, rows.hash_of[[pivots[row] for row in shared]])
    return recalls


def _texts_by_row(rows: PackedRows, language: str) -> dict[int, int]:
    if language not in rows.languages:
        return {}
    texts = np.flatnonzero(rows.language_of == rows.languages.index(language))
    return dict(zip(rows.row_of[texts].tolist(), texts.tolist(), strict=True))


def _recall(left: NDArray[np.float32], right: NDArray[np.float32], hashes: Integers) -> float:
    similarity = left @ right.T
    wrong = hashes[:, None] != hashes[None, :]
    correct = similarity.diagonal()
    forward = (np.where(wrong, similarity, -np.inf).max(axis=1) < correct).mean()
    backward = (np.where(wrong, similarity, -np.inf).max(axis=0) < correct).mean()
    return float(forward + backward) / 2
