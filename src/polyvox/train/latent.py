"""First values for token vectors: latent semantic analysis over parallel rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.extmath import randomized_svd  # type: ignore[import-untyped]

from polyvox.train.packed import PackedRows

_RARE = 5
"""Added to every token's row count, so that a token of one row is not weighted above all others."""
_MEAN_LENGTH = 1.6


def latent_vectors(
    sources: Sequence[PackedRows], weights: Mapping[str, float], tokens: int, dimension: int, seed: int
) -> NDArray[np.float32]:
    """Vectors of tokens that stand in the same parallel rows are close, whatever their language.

    Rows are documents, with the tokens of all their languages (Dumais et al. 1997, "Automatic cross-language
    retrieval using latent semantic indexing"); sentence numbers as features are a strong start for
    cross-lingual vectors (Levy et al. 2017, https://arxiv.org/abs/1608.05426).

    Args:
        sources: packed rows.
        weights: of each source's rows.
        tokens: size of the vocabulary, V.
        dimension: width, D.
        seed: of the randomised decomposition.

    Returns:
        (V, D) float32, mean squared length 1.6²; a token that occurs nowhere gets zeros.
    """
    blocks = [_counts(rows, tokens) for rows in sources]
    frequency = np.sum([np.bincount(block.indices, minlength=tokens) for block in blocks], axis=0)
    total = sum(block.shape[0] for block in blocks)
    rarity = np.log(total / (frequency + _RARE)).clip(0.1).astype(np.float32)
    scaled = [
        _unit_rows(block @ sparse.diags_array(rarity), weights[rows.source])
        for rows, block in zip(sources, blocks, strict=True)
    ]
    matrix = sparse.csr_array(sparse.vstack(scaled), dtype=np.float32)
    # Half of the column length goes, which keeps frequent tokens from taking all dimensions.
    levelling = (_column_lengths(matrix) + 1e-3) ** -0.5
    matrix = sparse.csr_array(matrix @ sparse.diags_array(levelling))
    _, _, right = randomized_svd(matrix, dimension, n_oversamples=32, n_iter=2, random_state=seed)
    vectors = right.T * (rarity * levelling)[:, None]
    vectors[frequency == 0] = 0
    length = np.sqrt((vectors**2).sum(axis=1)[frequency > 0].mean())
    return np.asarray(vectors / length * _MEAN_LENGTH, np.float32)


def _counts(rows: PackedRows, tokens: int) -> sparse.csr_array:
    """(rows, tokens): 1 + ln of how often a token occurs in all languages of a row."""
    places = np.repeat(rows.row_of, np.diff(rows.bags.starts))
    ones = np.ones(len(places), np.float32)
    counts = sparse.csr_array((ones, (places, rows.bags.tokens)), shape=(rows.rows, tokens))
    counts.sum_duplicates()
    counts.data = 1 + np.log(counts.data)
    return counts


def _unit_rows(matrix: sparse.csr_array, weight: float) -> sparse.csr_array:
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()) + 1e-6
    return sparse.diags_array((weight / lengths).astype(np.float32)) @ matrix


def _column_lengths(matrix: sparse.csr_array) -> NDArray[np.float32]:
    return np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=0), np.float32).ravel())
