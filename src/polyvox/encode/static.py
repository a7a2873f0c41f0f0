"""The text tower: a text's vector is the sum of the vectors of its subwords."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from polyvox.encode.protocol import Vectors
from polyvox.errors import PolyvoxError

TOKENIZER_FILE = "tokenizer.json"
TABLE_FILE = "tokens.npy"
SCALES_FILE = "scales.npy"
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
    """Subword vectors in int8 with one float16 scale each; the length of a vector is its weight in the sum.

    Attributes:
        tokenizer: finds the subwords.
        table: (V, D) int8, mapped from disk.
        scales: (V,) float32.
    """

    tokenizer: Tokenizer
    table: NDArray[np.int8]
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
            tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        except Exception as error:  # tokenizers raises bare Exception
            raise PolyvoxError(
                f"{folder}: the text tower cannot be read ({error}); fetch the model again"
            ) from error
        if table.dtype != np.int8 or table.ndim != 2 or len(table) != len(scales):
            raise PolyvoxError(f"{folder}: {TABLE_FILE} and {SCALES_FILE} do not belong together")
        if tokenizer.get_vocab_size() > len(table):
            raise PolyvoxError(f"{folder}: {TOKENIZER_FILE} has more subwords than {TABLE_FILE} has rows")
        return cls(tokenizer, table, scales)

    @property
    def dimension(self) -> int:
        """Width of the vectors."""
        return int(self.table.shape[1])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors of texts, (N, D) float32 of unit length; a row does not depend on the others.

        A text is cut at `MOST_CHARACTERS` and then at `MOST_TOKENS`. A text without any known subword, such
        as an empty one, gets `unknown_vector`.
        """
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for begin in range(0, len(texts), _TEXTS_AT_ONCE):
            chunk = [text[:MOST_CHARACTERS] for text in texts[begin : begin + _TEXTS_AT_ONCE]]
            encodings = self.tokenizer.encode_batch_fast(chunk, add_special_tokens=False)
            bags = [encoding.ids[:MOST_TOKENS] or [0] for encoding in encodings]
            row = begin
            for some in _groups(bags):
                vectors[row : row + len(some)] = self._sums(some)
                row += len(some)
        return unit_rows(vectors)

    def _sums(self, bags: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        lengths = np.fromiter(map(len, bags), np.int64, len(bags))
        tokens = np.fromiter((token for bag in bags for token in bag), np.int64, lengths.sum())
        vectors = self.table[tokens] * self.scales[tokens, None]
        return np.add.reduceat(vectors, np.cumsum(lengths) - lengths, axis=0)


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


def save_tower(folder: Path, table: NDArray[np.float32], tokenizer_json: str) -> None:
    """Write a text tower: the (V, D) float table rounded to int8 with one float16 scale a row."""
    folder.mkdir(parents=True, exist_ok=True)
    scales = (np.abs(table).max(axis=1) / 127).astype(np.float16)
    divisor = np.where(scales > 0, scales, 1).astype(np.float32)[:, None]
    np.save(
        folder / TABLE_FILE,
        np.clip(np.rint(table / divisor), -127, 127).astype(np.int8),
    )
    np.save(folder / SCALES_FILE, scales)
    compact = json.dumps(json.loads(tokenizer_json), ensure_ascii=False, separators=(",", ":"))
    (folder / TOKENIZER_FILE).write_text(compact, encoding="utf-8")
