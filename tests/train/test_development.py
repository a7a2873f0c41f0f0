"""R@1 of held-out rows, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tokenizers import Tokenizer, models

from polyvox.train.development import FEWEST_PAIRS, development_recall
from polyvox.train.packed import Integers, pack
from polyvox.train.rows import ParallelRow


def test_recall_counts_both_directions_and_ties_against_us() -> None:
    tokenizer = Tokenizer(models.Unigram([("<unk>", -1.0), ("a", -1.0)], unk_id=0))
    rows = pack(
        [ParallelRow("s", {"en": f"e{number}", "de": f"d{number}"}) for number in range(FEWEST_PAIRS)],
        tokenizer,
        4,
    )
    unit = np.eye(FEWEST_PAIRS, dtype=np.float32)
    unit[1] = unit[0]

    def encode(texts: Integers) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return unit[rows.row_of[texts]]

    recalls = development_recall(rows, encode)
    # Rows 0 and 1 have one vector, so each is tied with the other, in both directions.
    assert recalls == {"de": pytest.approx(1 - 2 / FEWEST_PAIRS)}


def test_few_pairs_are_not_measured() -> None:
    tokenizer = Tokenizer(models.Unigram([("<unk>", -1.0), ("a", -1.0)], unk_id=0))
    rows = pack([ParallelRow("s", {"en": "a", "de": "a"})] * 3, tokenizer, 4)
    assert development_recall(rows, lambda texts: np.ones((len(texts), 2), np.float32)) == {}
