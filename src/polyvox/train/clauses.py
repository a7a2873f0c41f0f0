"""Long parallel rows cut into shorter ones: where each language's wording is cut, its own vectors say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyvox.train.packed import Integers, PackedRows, TokenBags

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

_LEAST_WORDS = 3
"""A part has at least so many subwords with a letter."""
_FARTHEST = 0.25
"""How far, in shares of its length, a text may be cut from where the pivot is."""
_LEAST_GAIN = 0.1
"""Cosines that equal parts must have more than crossed ones, summed over the two."""
_ROWS_AT_ONCE = 200
_ENDS = frozenset(".,;:?!…—。、，；：？！،؛؟۔।॥።፣፤፥፧։՝៖။၊")


@dataclass(frozen=True, slots=True)
class ClauseMarks:
    """What the subwords of a vocabulary are where a text is cut, (V,) bool each.

    Attributes:
        ends: punctuation after which a clause may end.
        words: those with a letter.
        digits: those of digits, between which a point ends nothing.
    """

    ends: Flags
    words: Flags
    digits: Flags

    @classmethod
    def of(cls, vocabulary: Mapping[str, int], size: int) -> ClauseMarks:
        """The marks of a vocabulary of `size` numbers.

        >>> marks = ClauseMarks.of({"a": 0, ",": 1, "(": 2, "。": 3, "14": 4}, 6)
        >>> np.flatnonzero(marks.ends).tolist(), np.flatnonzero(marks.digits).tolist()
        ([1, 3], [4])
        """

        def flags(wanted: Callable[[str], bool]) -> Flags:
            found = np.zeros(size, np.bool_)
            found[[number for subword, number in vocabulary.items() if wanted(subword)]] = True
            return found

        return cls(
            ends=flags(lambda subword: bool(subword) and set(subword) <= _ENDS),
            words=flags(lambda subword: any(map(str.isalpha, subword))),
            digits=flags(str.isdigit),
        )


def halves(
    rows: PackedRows, vectors: Floats, marks: ClauseMarks, *, pivot: str, fewest: int
) -> PackedRows | None:
    """Cut rows into two rows each; those whose pivot text cannot be cut are left out.

    The wording in the pivot language, or the first where there is none, is cut after the mark nearest to its
    middle; every other wording after the mark that makes its parts most like those of the pivot. A text
    without such a mark, or whose parts are as like the crossed parts, is left out.

    Args:
        rows: packed rows of one source.
        vectors: (V, D) token vectors that are close for translations, as latent semantic analysis gives them.
        marks: of the vocabulary.
        pivot: language tag.
        fewest: a pivot text with fewer tokens is not cut.

    Returns:
        The rows of the halves, of the same source; nothing if there are none.
    """
    found = [
        _cut_rows(rows, range(begin, min(begin + _ROWS_AT_ONCE, rows.rows)), vectors, marks, pivot, fewest)
        for begin in range(0, rows.rows, _ROWS_AT_ONCE)
    ]
    texts = np.concatenate([some.texts for some in found])
    cuts = np.concatenate([some.places for some in found])
    return _rows_of_halves(rows, texts, cuts) if len(texts) else None


@dataclass(frozen=True, slots=True)
class _Cuts:
    """Cut i is in text `texts[i]`, before the token at `places[i]` of all tokens."""

    texts: Integers
    places: Integers

    def take(self, chosen: Integers | Flags) -> _Cuts:
        return _Cuts(self.texts[chosen], self.places[chosen])


def _cut_rows(
    rows: PackedRows, some: range, vectors: Floats, marks: ClauseMarks, pivot: str, fewest: int
) -> _Cuts:
    """The cuts of some rows, at most one a text."""
    starts = rows.bags.starts
    first, last = rows.row_starts[some.start], rows.row_starts[some.stop]
    cuts = _possible(rows.bags, first, last, marks)
    share = (cuts.places - starts[cuts.texts]) / (starts[cuts.texts + 1] - starts[cuts.texts])
    row_of = rows.row_of[cuts.texts] - some.start
    anchors = _anchors(rows, some, pivot)
    long = starts[anchors + 1] - starts[anchors] >= fewest
    is_anchor = (cuts.texts == anchors[row_of]) & long[row_of]
    anchor_cut = _best_of_each(np.where(is_anchor, -abs(share - 0.5), -np.inf), row_of, len(some))
    front, back = _part_vectors(rows.bags, cuts, first, last, vectors)
    cut = anchor_cut[row_of]
    gain = ((front - back) * (front[cut] - back[cut])).sum(1)
    distance = abs(share - share[cut])
    fits = (cut >= 0) & (gain > _LEAST_GAIN) & (distance < _FARTHEST)
    is_cut = np.zeros(len(fits), np.bool_)
    is_cut[anchor_cut[anchor_cut >= 0]] = True
    score = np.where(is_anchor & ~is_cut | ~fits, -np.inf, gain - distance)
    best = _best_of_each(score, cuts.texts - first, int(last - first))
    return _in_company(cuts.take(best[best >= 0]), rows)


def _possible(bags: TokenBags, first: int, last: int, marks: ClauseMarks) -> _Cuts:
    """After every mark that leaves enough words on both sides."""
    begin = bags.starts[first]
    tokens = bags.tokens[begin : bags.starts[last]]
    after = 1 + np.flatnonzero(marks.ends[tokens[:-1]])
    after = after[~(marks.digits[tokens[np.maximum(after - 2, 0)]] & marks.digits[tokens[after]])]
    texts = np.searchsorted(bags.starts, begin + after - 1, side="right") - 1
    words = np.concatenate([[0], np.cumsum(marks.words[tokens])])
    before = words[after] - words[bags.starts[texts] - begin]
    behind = words[bags.starts[texts + 1] - begin] - words[after]
    return _Cuts(texts, begin + after).take((before >= _LEAST_WORDS) & (behind >= _LEAST_WORDS))


def _anchors(rows: PackedRows, some: range, pivot: str) -> Integers:
    """The text of each row that says where to cut."""
    anchors = rows.row_starts[some.start : some.stop].copy()
    if pivot in rows.languages:
        texts = np.arange(rows.row_starts[some.start], rows.row_starts[some.stop])
        texts = texts[rows.language_of[texts] == rows.languages.index(pivot)]
        anchors[rows.row_of[texts] - some.start] = texts
    return anchors


def _part_vectors(
    bags: TokenBags, cuts: _Cuts, first: int, last: int, vectors: Floats
) -> tuple[Floats, Floats]:
    """Unit vectors of what stands before and after each cut, both (N, D)."""
    begin, end = bags.starts[first], bags.starts[last]
    sums = np.zeros((end - begin + 1, vectors.shape[1]), np.float32)
    np.cumsum(vectors[bags.tokens[begin:end]], axis=0, out=sums[1:])
    at = sums[cuts.places - begin]
    front = at - sums[bags.starts[cuts.texts] - begin]
    back = sums[bags.starts[cuts.texts + 1] - begin] - at
    return _unit(front), _unit(back)


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9), np.float32)


def _best_of_each(score: NDArray[np.float64], group: Integers, groups: int) -> Integers:
    """(groups,) place of the highest score of each group; -1 where all are -inf or none is."""
    order = np.lexsort((score, group))
    best = np.full(groups, -1)
    order = order[np.isfinite(score[order])]
    best[group[order]] = order
    return best


def _in_company(cuts: _Cuts, rows: PackedRows) -> _Cuts:
    """Without the texts that are the only ones of their row that are cut."""
    _, which, count = np.unique(rows.row_of[cuts.texts], return_inverse=True, return_counts=True)
    return cuts.take(count[which] > 1)


def _rows_of_halves(rows: PackedRows, texts: Integers, cuts: Integers) -> PackedRows:
    """Two rows for each that is cut: all first parts, then all second ones."""
    starts = rows.bags.starts
    parts = TokenBags(rows.bags.tokens, np.sort(np.concatenate([starts, cuts])))
    begins = np.concatenate([starts[texts], cuts])
    bags = parts.some(np.searchsorted(parts.starts, begins, side="right") - 1)
    row_of = rows.row_of[texts]
    hashes = np.fromiter((hash(text.tobytes()) for text in bags), np.int64, 2 * len(texts))
    return rows.regrouped(np.tile(texts, 2), np.concatenate([row_of, row_of + rows.rows]), hashes, bags)
