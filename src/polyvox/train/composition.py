"""What a subword's vector is the sum of while it is trained: its own part, its pieces', its spelling's."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from anyascii import anyascii
from numpy.typing import NDArray
from scipy import sparse
from tokenizers import Tokenizer

from polyvox.train.packed import Integers
from polyvox.train.vocabulary import UNKNOWN

_LENGTHS = (3, 4, 5)
_FEWEST = 5
"""Character sequences that fewer subwords have say nothing about spelling."""
_LEAST_LETTERS = 3
"""Shorter subwords have no pieces."""


@dataclass(frozen=True, slots=True)
class Composition:
    """Subwords as weighted sums of parts: part v < V is what subword v has for itself.

    Subwords that share parts learn together: rare words from their relatives, related languages from each
    other (character sequences as in Bojanowski et al. 2017, https://arxiv.org/abs/1607.04606). When training
    has ended the sums are the table, so encoding costs nothing more.

    Attributes:
        weights: (V, P), one row a subword.
    """

    weights: sparse.csr_array

    @property
    def parts(self) -> int:
        """P, the number of parts."""
        return int(self.weights.shape[1])

    def digest(self) -> bytes:
        """16 bytes that change with the parts, such as when another release spells otherwise."""
        content = (self.weights.indptr, self.weights.indices, self.weights.data)
        return blake2b(b"".join(values.tobytes() for values in content), digest_size=16).digest()

    def table(self, parts: NDArray[np.float32]) -> NDArray[np.float32]:
        """Vectors of all subwords, (V, D), from those of the parts, (P, D)."""
        return np.asarray(self.weights @ parts, np.float32)

    def touched(self, subwords: Integers) -> tuple[sparse.csr_array, Integers]:
        """The part of the weights that some subwords use.

        Args:
            subwords: (U,) distinct.

        Returns:
            (U, C) weights over the C parts that they have, and the numbers of these, ascending.
        """
        rows = self.weights[subwords]
        used = np.flatnonzero(np.bincount(rows.indices, minlength=self.parts))
        place = np.zeros(self.parts, np.int32)
        place[used] = np.arange(len(used))
        local = sparse.csr_array(
            (rows.data, place[rows.indices], rows.indptr.astype(np.int32)), shape=(len(subwords), len(used))
        )
        return local, used


def compose(tokenizer: Tokenizer, size: int, *, pieces: float, spelling: float) -> Composition:
    """Every subword has its own part, the parts of its pieces and those of its spelling.

    Args:
        tokenizer: a unigram tokenizer of at most `size` subwords.
        size: V; rows beyond the vocabulary have only their own part.
        pieces: weight of the subwords that a subword would be cut into, were it not one itself. Each of n has
            weight / √n, one that occurs twice has it twice. Words outside the vocabulary are made of them.
        spelling: weight of the character sequences, which share it in the same way.

    The unknown subword has only its own part.
    """
    scores = dict(json.loads(tokenizer.to_str())["model"]["vocab"])
    weights = sparse.eye_array(size, dtype=np.float32, format="csr")
    if pieces:
        weights = weights + _shared(_pieces(scores), size, weight=pieces, rows=size)
    if spelling:
        sequences, count = _common_sequences(list(scores))
        weights = sparse.hstack([weights, _shared(sequences, count, weight=spelling, rows=size)])
    weights = sparse.csr_array(weights, dtype=np.float32)
    weights.indices, weights.indptr = weights.indices.astype(np.int32), weights.indptr.astype(np.int32)
    return Composition(weights)


def _shared(members: Sequence[Sequence[int]], columns: int, *, weight: float, rows: int) -> sparse.csr_array:
    """(rows, columns): n members of a row have `weight` / √n each; one that is named twice has it twice."""
    lengths = np.zeros(rows, np.int64)
    lengths[: len(members)] = [len(some) for some in members]
    values = np.repeat(weight / np.sqrt(np.maximum(lengths, 1)), lengths).astype(np.float32)
    chosen = np.fromiter((member for some in members for member in some), np.int64, lengths.sum())
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return sparse.csr_array((values, chosen, starts), shape=(rows, columns))


def _common_sequences(subwords: Sequence[str]) -> tuple[list[list[int]], int]:
    """Numbers of each subword's character sequences that enough subwords have, and how many these are."""
    found = [spelled(subword) if subword != UNKNOWN else set() for subword in subwords]
    frequency = Counter(sequence for some in found for sequence in some)
    common = sorted(sequence for sequence, count in frequency.items() if count >= _FEWEST)
    place = {sequence: number for number, sequence in enumerate(common)}
    return [sorted(place[one] for one in some if one in place) for some in found], len(common)


def spelled(subword: str) -> set[str]:
    """Character sequences of a subword in Latin letters without accents, with marks for both ends.

    Names and loans are spelled alike in many scripts then. Of kana, Han and Hangul, in which a letter is a
    syllable or more, pairs as they are written are added.

    >>> sorted(spelled("ab"))
    ['^ab', '^ab$', 'ab$']
    >>> spelled("бостон") == spelled("boston")
    True
    >>> sorted(spelled("咖啡") - spelled("kafei"))
    ['^咖', '^咖啡', '咖啡', '咖啡$', '啡$']
    """
    marked = f"^{anyascii(subword).lower().strip()}$"
    found = _runs(marked, _LENGTHS)
    if any(_is_syllable(letter) for letter in subword):
        found |= _runs(f"^{subword}$", (2, 3))
    return found


def _runs(text: str, lengths: Sequence[int]) -> set[str]:
    return {text[begin : begin + length] for length in lengths for begin in range(len(text) - length + 1)}


_SYLLABLES = (("\u3040", "\u30ff"), ("\u3400", "\u9fff"), ("\uac00", "\ud7af"))


def _is_syllable(letter: str) -> bool:
    return any(first <= letter <= last for first, last in _SYLLABLES)


def _pieces(scores: Mapping[str, float]) -> list[list[int]]:
    """The likeliest other subwords that spell each subword, as their numbers; none where there are none."""
    place = {subword: number for number, subword in enumerate(scores)}
    return [
        [place[piece] for piece in likeliest_cut(subword, scores)] if subword != UNKNOWN else []
        for subword in scores
    ]


def likeliest_cut(subword: str, scores: Mapping[str, float]) -> list[str]:
    """A subword as two or more others, of all such the likeliest (Viterbi).

    >>> likeliest_cut("icecream", {"ice": -2, "cream": -3, "cr": -4, "eam": -4, "icecream": -1})
    ['ice', 'cream']
    """
    if len(subword) < _LEAST_LETTERS:
        return []
    best = [0.0, *[-np.inf] * len(subword)]
    begins = [0] * (len(subword) + 1)
    for end in range(1, len(subword) + 1):
        for begin in range(end):
            score = scores.get(subword[begin:end])
            whole = begin == 0 and end == len(subword)
            if score is not None and not whole and best[begin] + score > best[end]:
                best[end], begins[end] = best[begin] + score, begin
    cut, end = [], len(subword)
    while end and best[-1] > -np.inf:
        cut.append(subword[begins[end] : end])
        end = begins[end]
    return cut[::-1]
