"""A byte-level vocabulary, learned from documents, in the format of the hub's language models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

END = "<|endoftext|>"
"""Ends a document and fills up batches, as in Qwen's tokenizers."""


def learn_tokenizer(documents: Iterable[str], size: int) -> PreTrainedTokenizerFast:
    """Byte-pair encoding over bytes, so that every text of every language has tokens.

    Raises:
        ImportError: transformers is not installed.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(documents, trainer)
    made: Any = PreTrainedTokenizerFast
    return cast("PreTrainedTokenizerFast", made(tokenizer_object=tokenizer, eos_token=END, pad_token=END))
