"""Byte-level subwords, as the tokenizers of Llama 3 and Qwen3 have them, learned from a few texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def learned_subwords(texts: Sequence[str], special: Sequence[str]) -> Any:  # noqa: ANN401
    """A tokenizer of 300 subwords, the special tokens first."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(texts, trainer)
    return made
