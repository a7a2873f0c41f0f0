"""Subwords of texts, ready at once: the first few texts are cut here, many are left to `tokenizers`."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

_UNKNOWN_PENALTY = 10.0
"""What `tokenizers` takes off the lowest score for a character outside the vocabulary."""
_CHARACTERS_HERE = 20_000
_MOST_BYTES = 256 << 20
"""What a packed tokenizer may unpack to: sixty times the shipped one."""


def read_tokenizer(path: Path) -> str:
    """The JSON of a tokenizer, from a file that `write_tokenizer` wrote.

    Raises:
        ValueError: the file is damaged, or unpacks to more than a tokenizer has.
        OSError: it cannot be read.
    """
    try:
        with gzip.open(path) as file:
            content = file.read(_MOST_BYTES + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path.name} is damaged: {error}") from error
    if len(content) > _MOST_BYTES:
        raise ValueError(f"{path.name} unpacks to more than {_MOST_BYTES >> 20} MiB")
    return content.decode(errors="replace")


def write_tokenizer(path: Path, tokenizer_json: str) -> None:
    """Write the JSON of a tokenizer in a third of its size, without a date in it."""
    compact = json.dumps(json.loads(tokenizer_json), ensure_ascii=False, separators=(",", ":"))
    path.write_bytes(gzip.compress(compact.encode(), mtime=0))


class Subwords:
    """Cuts texts into subwords exactly as the tokenizer in a file does.

    `tokenizers` builds a tree of the vocabulary before it cuts the first word: half a second for 190,000
    subwords, of which a search for one question would use five. So a unigram model's first 20,000
    characters are cut by a search of our own over a plain dictionary, and the tree is built after that.

    Args:
        path: what `write_tokenizer` wrote.

    Raises:
        ValueError: the file is damaged, or is no tokenizer.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            content: dict[str, Any] = json.loads(read_tokenizer(path))
        except json.JSONDecodeError as error:
            raise ValueError(f"{path.name} is damaged: {error}") from error
        try:
            model = content["model"]
            self._size = len(model["vocab"])
            self._quick = _Unigram(content) if _is_plain_unigram(content) else None
        except (KeyError, TypeError, IndexError) as error:
            raise ValueError(f"no tokenizer: {error}") from error
        self._left = _CHARACTERS_HERE

    def __len__(self) -> int:
        return self._size

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The whole tokenizer, built when first asked for."""
        return Tokenizer.from_str(read_tokenizer(self._path))

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Subword numbers of each text; none where it is empty."""
        quick = self._quick
        if quick is not None:
            self._left -= sum(map(len, texts))
            if self._left >= 0:
                return [quick.ids(text) for text in texts]
            self._quick = None
        encodings = self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [encoding.ids for encoding in encodings]


def _is_plain_unigram(content: Mapping[str, Any]) -> bool:
    model = content["model"]
    return (
        model.get("type") == "Unigram"
        and model.get("unk_id") is not None
        and not model.get("byte_fallback")
        and not any(content.get(part) for part in ("added_tokens", "truncation", "padding"))
    )


class _Unigram:
    """Likeliest sequence of subwords (Kudo 2018); ties fall as in `tokenizers`: the first that was found."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        model = content["model"]
        vocabulary: list[tuple[str, float]] = model["vocab"]
        unknown = vocabulary[model["unk_id"]]
        shell = {**content, "model": {**model, "vocab": [unknown], "unk_id": 0}}
        self._shell = Tokenizer.from_str(json.dumps(shell))
        self._numbers = {subword: number for number, (subword, _) in enumerate(vocabulary)}
        self._scores = [score for _, score in vocabulary]
        self._unknown: int = model["unk_id"]
        self._unknown_score = min(self._scores) - _UNKNOWN_PENALTY
        self._longest = max(map(len, self._numbers))

    def ids(self, text: str) -> list[int]:
        normal = self._shell.normalizer.normalize_str(text) if self._shell.normalizer else text
        if not self._shell.pre_tokenizer:
            return self._cut(normal)
        words = self._shell.pre_tokenizer.pre_tokenize_str(normal)
        return [number for word, _ in words for number in self._cut(word)]

    def _cut(self, word: str) -> list[int]:
        numbers, scores = self._numbers, self._scores
        whole = len(word)
        best: list[tuple[float, int, int] | None] = [(0.0, 0, 0)] + [None] * whole
        for begin in range(whole):
            here = best[begin]
            if here is None:
                continue
            for end in range(begin + 1, min(begin + self._longest, whole) + 1):
                number = numbers.get(word[begin:end])
                if number is not None:
                    _offer(best, end, here[0] + scores[number], begin, number)
            if word[begin] not in numbers:
                _offer(best, begin + 1, here[0] + self._unknown_score, begin, self._unknown)
        return self._followed_back(best)

    def _followed_back(self, best: Sequence[tuple[float, int, int] | None]) -> list[int]:
        """Subwords of the best path; neighbours that are both unknown are one."""
        found: list[int] = []
        end = len(best) - 1
        while end > 0:
            step = best[end]
            if step is None:
                raise ValueError("every place in a word is reached by an unknown character at least")
            _, end, number = step
            if not (number == self._unknown and found and found[-1] == self._unknown):
                found.append(number)
        return found[::-1]


def _offer(
    best: list[tuple[float, int, int] | None], end: int, score: float, begin: int, number: int
) -> None:
    """Keep the better way to a place; the first of two equals."""
    kept = best[end]
    if kept is None or score > kept[0]:
        best[end] = (score, begin, number)
