"""Tokenised parallel rows in flat arrays, and batches of translation pairs drawn from them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from polyvox.train.rows import ParallelRow

Integers = NDArray[np.int64]
_CHUNK = 50_000


@dataclass(frozen=True, slots=True)
class TokenBags:
    """Token ids of many texts: those of text i are `tokens[starts[i]:starts[i + 1]]`."""

    tokens: NDArray[np.int32]
    starts: Integers

    def __iter__(self) -> Iterator[NDArray[np.int32]]:
        """The token ids of each text."""
        for begin, end in pairwise(self.starts):
            yield self.tokens[begin:end]

    def take(self, texts: Integers) -> tuple[Integers, Integers]:
        """Tokens of the chosen texts one after another, and where each text begins.

        >>> bags = TokenBags(np.array([7, 8, 9], np.int32), np.array([0, 1, 3]))
        >>> bags.take(np.array([1, 0]))
        (array([8, 9, 7]), array([0, 2]))
        """
        lengths = self.starts[texts + 1] - self.starts[texts]
        ends = np.cumsum(lengths)
        begins = ends - lengths
        places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(self.starts[texts] - begins, lengths)
        return self.tokens[places].astype(np.int64), begins

    def some(self, texts: Integers) -> TokenBags:
        """The bags of the chosen texts."""
        tokens, begins = self.take(texts)
        return TokenBags(tokens.astype(np.int32), np.append(begins, len(tokens)))


@dataclass(frozen=True, slots=True)
class PackedRows:
    """The texts of one source: text i is in row `row_of[i]` and language `languages[language_of[i]]`.

    `hash_of` is Python's own hash: equal texts have equal values within one run, and that is all it is for.
    """

    source: str
    languages: tuple[str, ...]
    row_starts: Integers
    row_of: Integers
    language_of: Integers
    hash_of: Integers
    bags: TokenBags

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.row_starts) - 1

    def without(self, dropped: NDArray[np.bool_]) -> PackedRows | None:
        """The rows without some texts, (N,) bool; a row with fewer than two others goes. None if all go."""
        left = np.bincount(self.row_of[~dropped], minlength=self.rows)
        texts = np.flatnonzero(~dropped & (left > 1)[self.row_of])
        if not len(texts):
            return None
        return self.regrouped(texts, self.row_of[texts], self.hash_of[texts], self.bags.some(texts))

    def regrouped(self, texts: Integers, row_of: Integers, hash_of: Integers, bags: TokenBags) -> PackedRows:
        """Other rows of this source.

        Args:
            texts: (M,), text i is in the language of this one here.
            row_of: (M,), ascending; any numbers of its row.
            hash_of: (M,).
            bags: the M texts.
        """
        _, numbers = np.unique(row_of, return_inverse=True)
        return PackedRows(
            source=self.source,
            languages=self.languages,
            row_starts=np.append(np.flatnonzero(np.diff(numbers, prepend=-1)), len(texts)),
            row_of=numbers,
            language_of=self.language_of[texts],
            hash_of=hash_of,
            bags=bags,
        )


def tokenise(tokenizer: Tokenizer, texts: Sequence[str], longest: int) -> TokenBags:
    """Token ids of texts, at most `longest` each; a text without any known token gets the unknown token.

    The tokenizer must split at white space first: every distinct word is then tokenised only once.
    """
    numbers: dict[str, int] = {}
    words = [
        np.fromiter((numbers.setdefault(word, len(numbers)) for word in text.split()), np.int64)
        for text in texts
    ]
    lexicon = _bags(_ids(tokenizer, list(numbers)))
    flat, _ = lexicon.take(np.concatenate(words) if words else np.zeros(0, np.int64))
    word_lengths = np.diff(lexicon.starts)
    lengths = np.fromiter((word_lengths[some].sum() for some in words), np.int64, len(words))
    ends = np.cumsum(lengths)
    whole = TokenBags(flat.astype(np.int32), np.concatenate([[0], ends]))
    return _cut(whole, longest)


def _ids(tokenizer: Tokenizer, words: Sequence[str]) -> Iterator[list[int]]:
    for begin in range(0, len(words), _CHUNK):
        for encoding in tokenizer.encode_batch_fast(words[begin : begin + _CHUNK], add_special_tokens=False):
            yield encoding.ids


def _bags(ids: Iterable[list[int]]) -> TokenBags:
    """Token ids of many texts in flat arrays."""
    tokens = array("i")
    starts = array("q", [0])
    for some in ids:
        tokens.extend(some)
        starts.append(len(tokens))
    return TokenBags(
        np.frombuffer(tokens, np.int32) if tokens else np.zeros(0, np.int32),
        np.array(starts),
    )


def _cut(bags: TokenBags, longest: int) -> TokenBags:
    """The first tokens of each text; the unknown token, 0, where there is none."""
    lengths = np.diff(bags.starts)
    kept = np.clip(lengths, 1, longest)
    starts = np.concatenate([[0], np.cumsum(kept)])
    offsets = np.arange(starts[-1]) - np.repeat(starts[:-1], kept)
    places = np.repeat(bags.starts[:-1], kept) + offsets
    padded = np.append(bags.tokens, np.int32(0))
    places[np.repeat(lengths == 0, kept)] = len(bags.tokens)
    return TokenBags(padded[places], starts)


def pack(rows: Sequence[ParallelRow], tokenizer: Tokenizer, longest: int) -> PackedRows:
    """Tokenise the rows of one source.

    Raises:
        ValueError: there are no rows.
    """
    if not rows:
        raise ValueError("no rows to pack")
    tags = [tag for row in rows for tag in row.texts]
    texts = [text for row in rows for text in row.texts.values()]
    languages = tuple(sorted(set(tags)))
    place = {language: index for index, language in enumerate(languages)}
    sizes = np.array([len(row.texts) for row in rows])
    return PackedRows(
        source=rows[0].source,
        languages=languages,
        row_starts=np.concatenate([[0], np.cumsum(sizes)]),
        row_of=np.repeat(np.arange(len(rows)), sizes),
        language_of=np.fromiter((place[tag] for tag in tags), np.int64, len(tags)),
        hash_of=np.fromiter(map(hash, texts), np.int64, len(texts)),
        bags=tokenise(tokenizer, texts, longest),
    )
