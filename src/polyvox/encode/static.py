"""The text tower: a text's vector is the sum of the vectors of its subwords."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from polyvox.encode.protocol import Vectors
from polyvox.encode.subwords import Subwords, write_tokenizer
from polyvox.errors import PolyvoxError

TOKENIZER_FILE = "tokenizer.json.gz"
TABLE_FILE = "tokens.npy"
SCALES_FILE = "scales.npy"
TEXT_FILES = (TABLE_FILE, SCALES_FILE, TOKENIZER_FILE)
"""A text tower on disk."""
MOST_CHARACTERS = 16_384
"""A text is read up to here."""
MOST_TOKENS = 2_048
"""And of what was read, so many subwords count."""
_TEXTS_AT_ONCE = 1_024
_TOKENS_AT_ONCE = 32_768


def unknown_vector(dimension: int) -> NDArray[np.float32]:
    """The unit vector of a text without any known subword: (dimension,), all entries equal.

    Every prefix of it, made unit length again, is the unknown vector of that width.
    """
    return np.full(dimension, 1 / np.sqrt(dimension), np.float32)


def unit_rows(sums: NDArray[np.float32]) -> Vectors:
    """Rows made unit length, (N, D); a row of zeros becomes the unknown vector."""
    lengths = np.sqrt(np.einsum("nd,nd->n", sums, sums))[:, None]
    known = lengths > 1e-6
    return np.where(known, sums / np.where(known, lengths, 1), unknown_vector(sums.shape[1])).astype(
        np.float32
    )


@dataclass(frozen=True, slots=True)
class StaticTextTower:
    """Subword vectors as small whole numbers with float scales; a vector's length is its weight in the sum.

    Attributes:
        subwords: cuts texts.
        table: mapped from disk; (V, D) int8, or (V, D/2) uint8 with two entries a byte, see `packed`.
        scales: (V, G) float32; column g is the factor of the dimensions from `group_ends(D, G)[g - 1]` on.
    """

    subwords: Subwords
    table: NDArray[np.int8] | NDArray[np.uint8]
    scales: NDArray[np.float32]

    @classmethod
    def load(cls, folder: Path) -> StaticTextTower:
        """Open the three files of a text tower.

        Raises:
            PolyvoxError: a file is missing or damaged, or the files do not belong together.
        """
        try:
            table = np.load(folder / TABLE_FILE, mmap_mode="r", allow_pickle=False)
            scales = np.load(folder / SCALES_FILE, allow_pickle=False).astype(np.float32)
            subwords = Subwords(folder / TOKENIZER_FILE)
        except Exception as error:  # tokenizers raises bare Exception
            raise PolyvoxError(
                f"{folder}: the text tower cannot be read ({error}); fetch the model again"
            ) from error
        scales = scales.reshape(len(scales), -1)
        if table.dtype not in (np.int8, np.uint8) or table.ndim != 2 or len(table) != len(scales):
            raise PolyvoxError(f"{folder}: {TABLE_FILE} and {SCALES_FILE} do not belong together")
        if len(subwords) > len(table):
            raise PolyvoxError(f"{folder}: {TOKENIZER_FILE} has more subwords than {TABLE_FILE} has rows")
        return cls(subwords, table, scales)

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of the library, which takes a moment to build."""
        return self.subwords.tokenizer

    @property
    def dimension(self) -> int:
        """Width of the vectors."""
        return int(self.table.shape[1]) * (2 if self.table.dtype == np.uint8 else 1)

    def vectors(self, subwords: NDArray[np.int64]) -> NDArray[np.float32]:
        """Vectors of subwords, (N, D) float32; their length is their weight."""
        entries: NDArray[Any] = self.table[subwords]
        vectors = entries.astype(np.float32) if entries.dtype == np.int8 else unpacked(entries)
        begin = 0
        scales = self.scales[subwords]
        for group, end in enumerate(group_ends(vectors.shape[1], scales.shape[1])):
            vectors[:, begin:end] *= scales[:, group, None]
            begin = end
        return vectors

    def levels(self) -> NDArray[np.int8]:
        """The whole numbers of all subwords, (V, D), without their scales."""
        if self.table.dtype == np.int8:
            return np.asarray(self.table, np.int8)
        return unpacked(np.asarray(self.table, np.uint8)).astype(np.int8)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors of texts, (N, D) float32 of unit length; a row does not depend on the others.

        A text is cut at `MOST_CHARACTERS` and then at `MOST_TOKENS`. A text without any known subword, such
        as an empty one, gets `unknown_vector`.
        """
        return unit_rows(self.sums(texts))

    def sums(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors before they get unit length, (N, D) float32: the longer, the more a text weighs."""
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for begin in range(0, len(texts), _TEXTS_AT_ONCE):
            chunk = [text[:MOST_CHARACTERS] for text in texts[begin : begin + _TEXTS_AT_ONCE]]
            bags = [ids[:MOST_TOKENS] or [0] for ids in self.subwords.ids(chunk)]
            row = begin
            for some in _groups(bags):
                vectors[row : row + len(some)] = self._sums(some)
                row += len(some)
        return vectors

    def _sums(self, bags: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        lengths = np.fromiter(map(len, bags), np.int64, len(bags))
        tokens = np.fromiter((token for bag in bags for token in bag), np.int64, lengths.sum())
        return np.add.reduceat(self.vectors(tokens), np.cumsum(lengths) - lengths, axis=0)


def _groups(bags: Sequence[Sequence[int]]) -> Iterator[Sequence[Sequence[int]]]:
    """Consecutive bags, so few that their tokens' vectors take a bounded amount of memory."""
    begin, tokens = 0, 0
    for end, bag in enumerate(bags):
        if tokens + len(bag) > _TOKENS_AT_ONCE and end > begin:
            yield bags[begin:end]
            begin, tokens = end, 0
        tokens += len(bag)
    if begin < len(bags):
        yield bags[begin:]


def group_ends(dimension: int, groups: int) -> tuple[int, ...]:
    """Where the groups of dimensions end that share a scale: each doubles the width, as prefixes do.

    >>> group_ends(256, 4), group_ends(3, 1)
    ((32, 64, 128, 256), (3,))
    """
    return tuple(dimension >> (groups - 1 - group) for group in range(groups))


def packed(levels: NDArray[np.int8]) -> NDArray[np.uint8]:
    """(V, D) whole numbers from -8 to 7 as (V, D/2) bytes: the even dimension in the low half.

    >>> packed(np.array([[-8, 7, 0, 1]], np.int8)).tolist()
    [[240, 152]]
    """
    shifted = (levels + 8).astype(np.uint8)
    return np.asarray(shifted[:, 0::2] | (shifted[:, 1::2] << 4), np.uint8)


_HALVES = np.arange(256, dtype=np.uint8)
_PAIRS = np.stack([_HALVES & 15, _HALVES >> 4], axis=1).astype(np.float32) - 8
_PAIR_OF = _PAIRS.view(np.complex64).ravel()
"""Both entries of a byte as one eight-byte number, so that one look-up fetches them."""


def unpacked(entries: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What `packed` has packed, (V, D) float32.

    >>> unpacked(np.array([[240, 152]], np.uint8)).tolist()
    [[-8.0, 7.0, 0.0, 1.0]]
    """
    return _PAIR_OF[entries].view(np.float32)


def save_tower(folder: Path, table: NDArray[np.float32], tokenizer_json: str, *, bits: int = 8) -> None:
    """Write a text tower: the (V, D) float table rounded to a few bits, with float16 scales.

    Args:
        folder: gets three files.
        table: (V, D).
        tokenizer_json: finds the subwords.
        bits: of an entry: 8, with one scale a subword, or 4, with one for each of four groups of dimensions.

    Raises:
        PolyvoxError: `bits` is neither, or the width is not a multiple of 16 where it is 4.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if bits not in _ROUNDED:
        raise PolyvoxError(f"bits must be one of {', '.join(map(str, _ROUNDED))}, not {bits}")
    entries, scales = _ROUNDED[bits](table)
    np.save(folder / TABLE_FILE, entries)
    np.save(folder / SCALES_FILE, scales)
    write_tokenizer(folder / TOKENIZER_FILE, tokenizer_json)


def _in_bytes(table: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    scales = (np.abs(table).max(axis=1, keepdims=True) / 127).astype(np.float16)
    return _levels(table, scales, 127), scales


def _in_half_bytes(table: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
    width = table.shape[1]
    if width % 16:
        raise PolyvoxError(f"a table of 4 bits has a multiple of 16 dimensions, not {width}")
    ends = group_ends(width, _GROUPS)
    parts = [_closest(part) for part in np.split(table, ends[:-1], axis=1)]
    return packed(np.hstack([part for part, _ in parts])), np.hstack([scales for _, scales in parts])


def _closest(table: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Four bits by the scale of the smallest squared error, row by row; it cuts off the largest entries."""
    largest = np.abs(table).max(axis=1, keepdims=True)
    levels = np.zeros(table.shape, np.int8)
    scales = np.zeros((len(table), 1), np.float16)
    errors = np.full(len(table), np.inf, np.float32)
    for share in _SHARES:
        tried = (largest * share / 7).astype(np.float16)
        rounded = _levels(table, tried, 7)
        error = np.square(rounded * tried.astype(np.float32) - table).sum(axis=1)
        better = error < errors
        levels[better], scales[better], errors[better] = rounded[better], tried[better], error[better]
    return levels, scales


def _levels(table: NDArray[np.float32], scales: NDArray[np.float16], most: int) -> NDArray[np.int8]:
    divisor = np.where(scales > 0, scales, 1).astype(np.float32)
    return np.asarray(np.clip(np.rint(table / divisor), -most, most), np.int8)


_GROUPS = 4
_SHARES = (1.0, 0.9, 0.8, 0.7, 0.6)
_ROUNDED: Mapping[int, Callable[[NDArray[np.float32]], tuple[NDArray[Any], NDArray[np.float16]]]] = {
    8: _in_bytes,
    4: _in_half_bytes,
}
