"""Near-duplicate texts, found by MinHash over character shingles."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

_SHINGLE = 4
"""Characters in a shingle."""
_HASHES = 64
_PRIME = (1 << 31) - 1
_BANDS = (2, 4, 8, 16)
"""Rows in a band; fewer find pairs that are less similar."""


def near_duplicates(texts: Sequence[str], similarity: float) -> list[int]:
    """The texts that are at least `similarity` like an earlier one, as ascending positions.

    Similarity is the Jaccard index of the sets of four-character shingles, without case, accents of
    composition, punctuation and spacing. MinHash with banding proposes pairs (Broder 1997; Leskovec,
    Rajaraman and Ullman, Mining of Massive Datasets, chapter 3); the exact index decides, so nothing is
    dropped by chance, and a pair at the threshold itself is missed with a probability below one in a hundred.

    >>> near_duplicates(["The bees gave honey.", "Fish is sold.", "the bees  gave honey"], 0.8)
    [2]
    """
    sets = [_shingles(text) for text in texts]
    found = set()
    for early, late in sorted(_candidates(sets, similarity), key=lambda pair: pair[1]):
        if early in found or late in found:
            continue
        if _jaccard(sets[early], sets[late]) >= similarity:
            found.add(late)
    return sorted(found)


def _shingles(text: str) -> frozenset[int]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(letter for letter in folded if letter.isalnum() or unicodedata.category(letter)[0] == "M")
    return frozenset(
        crc32(kept[start : start + _SHINGLE].encode()) & _PRIME
        for start in range(max(1, len(kept) - _SHINGLE + 1))
    )


def _jaccard(left: frozenset[int], right: frozenset[int]) -> float:
    return len(left & right) / len(left | right)


def _candidates(sets: Sequence[frozenset[int]], similarity: float) -> Iterator[tuple[int, int]]:
    """Pairs (earlier, later) that share a band of their signatures, each once."""
    rows = max((size for size in _BANDS if _missed(similarity, size) < 0.01), default=_BANDS[0])
    dice = np.random.default_rng(0)
    factors = dice.integers(1, _PRIME, (2, _HASHES)).astype(np.uint64)
    proposed: set[tuple[int, int]] = set()
    buckets: list[dict[bytes, list[int]]] = [defaultdict(list) for _ in range(_HASHES // rows)]
    for number, shingles in enumerate(sets):
        signature = _signature(shingles, factors)
        for band, bucket in enumerate(buckets):
            held = bucket[signature[band * rows : (band + 1) * rows].tobytes()]
            # The first of a family stands for it: families of thousands would make millions of pairs.
            proposed.update((early, number) for early in held[:8])
            held.append(number)
    return iter(proposed)


def _missed(similarity: float, rows: int) -> float:
    """Probability that a pair of this similarity shares no band."""
    return float((1 - similarity**rows) ** (_HASHES // rows))


def _signature(shingles: frozenset[int], factors: NDArray[np.uint64]) -> NDArray[np.uint32]:
    values = np.fromiter(shingles, np.uint64, len(shingles))[:, None]
    hashed = (values * factors[0] + factors[1]) % _PRIME
    smallest: NDArray[np.uint32] = hashed.min(axis=0).astype(np.uint32)
    return smallest
