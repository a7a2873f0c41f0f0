"""R@mkt: whether the answer is within a budget of tokens read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_TOKEN = re.compile(r"\w+|[^\w\s]")

Tokenizer = Callable[[str], Sequence[str]]


def words(text: str) -> list[str]:
    """Runs of letters and digits, and every other sign by itself.

    >>> words("Aso-Rock, 1991.")
    ['Aso', '-', 'Rock', ',', '1991', '.']
    """
    return _TOKEN.findall(text)


def token_recall(
    passages: Sequence[str], answers: Sequence[str], thousands: int, tokenize: Tokenizer = words
) -> float:
    """R@mkt = 1 where one of the answers is in the first m × 1000 tokens of the passages in ranked order.

    XOR-Retrieve (Asai et al., NAACL 2021) reports m = 2 and 5, as the mean over languages. The reference
    script joins the tokens with spaces before it looks for the answer, and takes NLTK's tokens; `tokenize`
    may be `nltk.word_tokenize`. The tokens here differ from NLTK's at hyphens and abbreviations.

    >>> token_recall(["one two three", "four Lagos"], ["Lagos"], 1)
    1.0
    >>> token_recall(["word " * 1000, "Lagos"], ["Lagos"], 1)
    0.0
    """
    budget = thousands * 1_000
    read: list[str] = []
    for passage in passages:
        read += tokenize(passage)
        if len(read) >= budget:
            break
    text = " ".join(read[:budget])
    # Answers are cut into the same tokens, or one with a hyphen in it could never be found.
    return float(any(answer in text or " ".join(tokenize(answer)) in text for answer in answers if answer))
