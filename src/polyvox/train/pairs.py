"""Batches of translation pairs: which source, which rows, which two languages of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyvox.train.packed import Integers, PackedRows

Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PairBatch:
    """N translation pairs: places of their texts in one source's `PackedRows`, both of shape (N,)."""

    rows: PackedRows
    left: Integers
    right: Integers

    @property
    def same(self) -> NDArray[np.bool_]:
        """(N, N), true where left i and right j mean the same, so are no negatives.

        They do where they come from one row, are one text, or have one translation among the pairs.
        """
        rows, hashes = self.rows.row_of, self.rows.hash_of
        left, right = self.left[:, None], self.right[None, :]
        one_row = rows[left] == rows[right]
        one_text = hashes[left] == hashes[right]
        one_left = hashes[left] == hashes[self.left][None, :]
        one_right = hashes[self.right][:, None] == hashes[right]
        return np.asarray(one_row | one_text | one_left | one_right)


class PairSampler:
    """Draws batches; one batch holds one source, so its negatives are of the same kind.

    Args:
        sources: packed rows; several elements of one source, such as whole rows and
            their halves, share its weight alike, and the first of them says how much of each language it has.
        source_weights: relative number of batches from each source.
        exponent: a language with n tokens is drawn in proportion to n ** exponent.
        pivot: a language that the right side takes with probability `pivot_share` where the row has it.
        pivot_share: see above.
    """

    def __init__(
        self,
        sources: Sequence[PackedRows],
        source_weights: Mapping[str, float],
        *,
        exponent: float,
        pivot: str,
        pivot_share: float,
    ) -> None:
        self._sources = sources
        elements = Counter(rows.source for rows in sources)
        weights = np.array([source_weights[rows.source] / elements[rows.source] for rows in sources])
        self._source_shares = weights / weights.sum()
        first = {rows.source: rows for rows in reversed(sources)}
        sizes = language_sizes(list(first.values()))
        self._log_weights = [
            np.array(
                [
                    exponent * np.log(sizes[_base(tag)]) - np.log(_wordings(rows, tag))
                    for tag in rows.languages
                ]
            )
            for rows in sources
        ]
        self._pivots = [np.array([_base(tag) == pivot for tag in rows.languages]) for rows in sources]
        self._pivot_share = pivot_share
        self._random = np.random.default_rng(0)

    def seed(self, seed: int) -> None:
        """Begin the random draws anew; a fresh sampler has the seed 0."""
        self._random = np.random.default_rng(seed)

    def batch(self, size: int) -> PairBatch:
        """Draw `size` pairs, or fewer where the source has fewer rows."""
        choice = int(self._random.choice(len(self._sources), p=self._source_shares))
        rows = self._sources[choice]
        chosen = self._random.choice(rows.rows, min(size, rows.rows), replace=False)
        firsts = rows.row_starts[chosen]
        lengths = rows.row_starts[chosen + 1] - firsts
        begins = np.cumsum(lengths) - lengths
        texts = np.arange(lengths.sum()) + np.repeat(firsts - begins, lengths)
        languages = rows.language_of[texts]
        score = self._log_weights[choice][languages] + self._random.gumbel(size=len(texts))
        left = _highest(score, begins, lengths)
        score[left] = -np.inf
        to_pivot = np.repeat(self._random.random(len(chosen)) < self._pivot_share, lengths)
        score[to_pivot & self._pivots[choice][languages] & np.isfinite(score)] += 1e6
        right = _highest(score, begins, lengths)
        return PairBatch(rows, texts[left], texts[right])


def language_sizes(sources: Sequence[PackedRows]) -> dict[str, float]:
    """Tokens of each language over all sources; `en#2` counts for `en`."""
    sizes: dict[str, float] = {}
    for rows in sources:
        lengths = np.diff(rows.bags.starts)
        tokens = np.bincount(rows.language_of, weights=lengths, minlength=len(rows.languages))
        for tag, count in zip(rows.languages, tokens, strict=True):
            sizes[_base(tag)] = sizes.get(_base(tag), 0.0) + float(count)
    return sizes


def _base(tag: str) -> str:
    return tag.partition("#")[0]


def _wordings(rows: PackedRows, tag: str) -> int:
    return sum(_base(other) == _base(tag) for other in rows.languages)


def _highest(score: Weights, begins: Integers, lengths: Integers) -> Integers:
    """Place of the highest score in each segment.

    >>> _highest(np.array([1.0, 3.0, 2.0, 5.0, 4.0]), np.array([0, 3]), np.array([3, 2]))
    array([1, 3])
    """
    tops = np.maximum.reduceat(score, begins)
    hits = np.flatnonzero(score == np.repeat(tops, lengths))
    segment = np.repeat(np.arange(len(begins)), lengths)[hits]
    _, first = np.unique(segment, return_index=True)
    return np.asarray(hits[first])
