"""The subword vocabulary of the text tower: frequent words of all languages, pieces for the other words."""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from polyvox.train.rows import ParallelRow

UNKNOWN = "<unk>"
_DIACRITICS = "[\u0591-\u05bd\u05bf-\u05c7\u0640\u064b-\u0652\u0670\u00ad\u200b-\u200f]"
_LONGEST_WORD = 24
_LONGEST_PIECE = 6
_WORD_SHARE = 0.7
_CHARACTERS = 6_000
_WORDS_CUT = 600_000
"""Words beyond the vocabulary from which pieces are counted: the most frequent ones."""
_TOKEN_COST = 4.0
"""Added to minus the log-probability of every subword, so that a word is cut into few of them."""
_PIECE_COST = 1.0
"""Added for those that are not words themselves."""


def empty_tokenizer() -> Tokenizer:
    """A unigram tokenizer without vocabulary: its normaliser and the way it finds words.

    Case, Unicode form, Arabic and Hebrew vowel signs and invisible characters are levelled; punctuation
    stands alone; a word carries the mark of its beginning.
    """
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Lowercase(),
            normalizers.Replace(Regex(_DIACRITICS), ""),
            normalizers.Replace("؟", "?"),
            normalizers.Replace(Regex("[’ʼ`´]"), "'"),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("isolated")]
    )
    return tokenizer


def choose_vocabulary(
    rows: Iterable[ParallelRow],
    size: int,
    exponent: float,
    boosts: Mapping[str, float],
    source_boosts: Mapping[str, float],
) -> Tokenizer:
    """Choose a vocabulary by frequency and score it as a unigram model (Kudo 2018).

    A language that has n words in a source counts n ** exponent there (temperature sampling, as in
    multilingual BERT, over languages and sources: a long source must not fill the vocabulary). Seven
    tenths of the vocabulary are the words that are then most frequent; the rest are the character sequences
    of one to six that are most frequent in the other words. Texts are cut into the likeliest sequence of
    these. Nothing is drawn by chance, so the same rows give the same vocabulary.

    Args:
        rows: the training texts.
        size: number of subwords, the unknown one included.
        exponent: see above.
        boosts: factors for single languages, such as the pivot; 1 where none is given.
        source_boosts: factors for single sources; 1 where none is given.
    """
    masses = word_masses(rows, exponent, boosts, source_boosts)
    words = dict(
        _heaviest(
            {word: mass for word, mass in masses.items() if len(word) <= _LONGEST_WORD},
            int(size * _WORD_SHARE),
        )
    )
    others = {word: mass for word, mass in masses.items() if word not in words}
    pieces = _pieces(dict(_heaviest(others, _WORDS_CUT)), words, size - 1 - len(words))
    total = sum(masses.values())
    scored = [(word, _score(mass / total, _TOKEN_COST)) for word, mass in words.items()]
    scored += [(piece, _score(mass / total, _TOKEN_COST + _PIECE_COST)) for piece, mass in pieces.items()]
    lowest = min(score for _, score in scored)
    tokenizer = empty_tokenizer()
    tokenizer.model = models.Unigram([(UNKNOWN, lowest - 10), *scored], unk_id=0)
    return tokenizer


def word_masses(
    rows: Iterable[ParallelRow],
    exponent: float,
    boosts: Mapping[str, float],
    source_boosts: Mapping[str, float],
) -> dict[str, float]:
    """Frequency of every word over all languages and sources, each weighted."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        for tag, text in row.texts.items():
            counts[row.source, tag.partition("#")[0]].update(text.split())
    tokenizer = empty_tokenizer()
    found: dict[str, list[str]] = {}
    masses: dict[str, float] = defaultdict(float)
    for (source, language), strings in counts.items():
        boost = boosts.get(language, 1.0) * source_boosts.get(source, 1.0)
        weight = boost * strings.total() ** (exponent - 1)
        for string, count in strings.items():
            if string not in found:
                found[string] = _words(tokenizer, string)
            for word in found[string]:
                masses[word] += weight * count
    return dict(masses)


def _score(probability: float, cost: float) -> float:
    """Three decimals: more would make the tokenizer's file a third longer and no cut better."""
    return round(math.log(probability) - cost, 3)


def _words(tokenizer: Tokenizer, string: str) -> list[str]:
    normal = tokenizer.normalizer.normalize_str(string)
    if normal.isalpha():
        return [normal]
    return [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal)]


def _pieces(others: Mapping[str, float], words: Mapping[str, float], count: int) -> dict[str, float]:
    """Character sequences of the words outside the vocabulary: by mass, longer ones first."""
    characters: dict[str, float] = defaultdict(float)
    sequences: dict[str, float] = defaultdict(float)
    for word, mass in others.items():
        for character in word:
            characters[character] += mass
        for length in range(2, _LONGEST_PIECE + 1):
            for begin in range(len(word) - length + 1):
                sequences[word[begin : begin + length]] += mass
    chosen = {char: mass for char, mass in _heaviest(characters, _CHARACTERS) if char not in words}
    worth = {piece: mass * (len(piece) - 1) for piece, mass in sequences.items() if piece not in words}
    for piece, _ in _heaviest(worth, max(0, count - len(chosen))):
        chosen[piece] = sequences[piece]
    return chosen


def _heaviest(masses: Mapping[str, float], count: int) -> list[tuple[str, float]]:
    return heapq.nsmallest(count, masses.items(), key=lambda entry: (-entry[1], entry[0]))
