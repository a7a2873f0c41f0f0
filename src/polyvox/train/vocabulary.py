"""The subword vocabulary of the text tower: a unigram model over language-balanced text."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from polyvox.train.rows import ParallelRow

UNKNOWN = "<unk>"
_DIACRITICS = "[\u0591-\u05bd\u05bf-\u05c7\u0640\u064b-\u0652\u0670\u00ad\u200b-\u200f]"


def balanced_texts(
    rows: Iterable[ParallelRow], characters: int, exponent: float, seed: int
) -> dict[str, list[str]]:
    """Draw texts so that a language of n characters gets a share of `characters` that grows as n ** exponent.

    An exponent of 1 keeps the data's shares, 0 gives every language the same (temperature sampling, as in
    multilingual BERT).
    """
    texts: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        for language, text in row.texts.items():
            texts[language.partition("#")[0]].append(text)
    sizes = {language: sum(map(len, members)) for language, members in texts.items()}
    budgets = _budgets(sizes, characters, exponent)
    chooser = random.Random(seed)  # noqa: S311
    return {language: _first(chooser, members, budgets[language]) for language, members in texts.items()}


def _budgets(sizes: Mapping[str, int], characters: int, exponent: float) -> dict[str, float]:
    """Characters for each language; what a small language cannot use goes to the others."""
    budgets: dict[str, float] = {}
    left = float(characters)
    open_languages = dict(sizes)
    while open_languages:
        total = sum(size**exponent for size in open_languages.values())
        full = {name: size for name, size in open_languages.items() if size <= left * size**exponent / total}
        if not full:
            return budgets | {name: left * size**exponent / total for name, size in open_languages.items()}
        budgets |= full
        left -= sum(full.values())
        open_languages = {name: size for name, size in open_languages.items() if name not in full}
    return budgets


def _first(chooser: random.Random, texts: Sequence[str], budget: float) -> list[str]:
    shuffled = list(texts)
    chooser.shuffle(shuffled)
    chosen: list[str] = []
    for text in shuffled:
        if budget <= 0:
            break
        chosen.append(text)
        budget -= len(text)
    return chosen


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


def train_vocabulary(texts: Iterable[str], size: int, *, progress: bool = True) -> Tokenizer:
    """Learn a unigram vocabulary of `size` pieces (Kudo 2018, https://arxiv.org/abs/1804.10959).

    The trainer's own order of work varies, so two runs may end with slightly different pieces.
    """
    tokenizer = empty_tokenizer()
    trainer = trainers.UnigramTrainer(
        vocab_size=size,
        unk_token=UNKNOWN,
        special_tokens=[UNKNOWN],
        max_piece_length=16,
        show_progress=progress,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
