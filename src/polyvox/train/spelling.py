"""Subwords that are spelled alike lend each other a part of their vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

_LENGTHS = (3, 4, 5, 6)
_FEWEST = 3
"""Character sequences that fewer subwords have say nothing about spelling."""
_DOUBT = 20.0
"""A subword seen so often in training counts half in the fit."""
_RIDGE = 1.0
_ITERATIONS = 8
Table = NDArray[np.float32]


def lend_by_spelling(table: Table, subwords: Sequence[str], counts: NDArray[np.int64], share: float) -> Table:
    """Add to every vector a part of what its spelling predicts.

    The prediction is a ridge regression of the vectors on the subwords' character sequences of three to six
    with marks for both ends (as in Bojanowski et al. 2017, https://arxiv.org/abs/1607.04606, but fitted
    afterwards, so that encoding costs nothing more), in which often seen subwords count more. Rare words and
    related languages gain.

    Args:
        table: (V, D) token vectors.
        subwords: V strings.
        counts: (V,) how often training saw each.
        share: of the prediction that is added; nothing changes at 0.

    Returns:
        (V, D).
    """
    if not share:
        return table
    features = _features(subwords)
    if not features.shape[1]:
        return table
    trust = (counts / (counts + _DOUBT)).astype(np.float32)[:, None]
    return np.asarray(table + share * (features @ _ridge(features, trust, table)), np.float32)


def _features(subwords: Sequence[str]) -> sparse.csr_array:
    """(V, F): rows of equal length over the character sequences that several subwords share."""
    sequences = [_sequences(subword) for subword in subwords]
    frequency = Counter(sequence for some in sequences for sequence in some)
    place = {
        sequence: index
        for index, sequence in enumerate(sorted(s for s, count in frequency.items() if count >= _FEWEST))
    }
    found = [[place[sequence] for sequence in sorted(some) if sequence in place] for some in sequences]
    lengths = np.fromiter(map(len, found), np.int64, len(found))
    values = np.repeat(1 / np.sqrt(np.maximum(lengths, 1)), lengths).astype(np.float32)
    columns = np.fromiter((column for some in found for column in some), np.int64, lengths.sum())
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return sparse.csr_array((values, columns, starts), shape=(len(subwords), len(place)))


def _sequences(subword: str) -> set[str]:
    """Character sequences of a subword.

    >>> sorted(_sequences("ab"))
    ['^ab', '^ab$', 'ab$']
    """
    marked = f"^{subword}$"
    return {
        marked[begin : begin + length] for length in _LENGTHS for begin in range(len(marked) - length + 1)
    }


def _ridge(features: sparse.csr_array, trust: Table, table: Table) -> Table:
    """(F, D) weights by conjugate gradients, all dimensions at once."""
    transposed = sparse.csr_array(features.T)
    weights = np.zeros((features.shape[1], table.shape[1]), np.float32)
    residual = transposed @ (trust * table)
    direction = residual.copy()
    size = np.square(residual).sum(axis=0)
    for _ in range(_ITERATIONS):
        applied = transposed @ (trust * (features @ direction)) + _RIDGE * direction
        length = size / np.maximum((direction * applied).sum(axis=0), 1e-20)
        weights += length * direction
        residual -= length * applied
        size, before = np.square(residual).sum(axis=0), size
        direction = residual + size / np.maximum(before, 1e-20) * direction
    return np.asarray(weights, np.float32)
