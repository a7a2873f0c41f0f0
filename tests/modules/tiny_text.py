"""Tiny text models with random weights, in the formats of real ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

UNKNOWN = "[UNK]"
SPECIAL = {"pad_token": "[PAD]", "unk_token": UNKNOWN, "eos_token": "[END]", "cls_token": "[CLS]"}
WORDS = ["un", "deux", "trois", "chat", "chien", "maison"]


def tokenizer(end: str | None, start: str | None = None) -> Any:  # noqa: ANN401
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = {
        word: number for number, word in enumerate(["[PAD]", "[UNK]", "[END]", "[CLS]", *WORDS, "a"])
    }
    made = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    special = [(token, vocabulary[token]) for token in (start, end) if token]
    around = " ".join(filter(None, [start, "$A", end]))
    if special:
        made.post_processor = processors.TemplateProcessing(single=around, pair=None, special_tokens=special)
    return PreTrainedTokenizerFast(tokenizer_object=made, **SPECIAL)  # type: ignore[no-untyped-call]


def save_qwen3(folder: Path, width: int = 32) -> None:
    """The format of Qwen3-Embedding: a causal transformer whose tokenizer ends every text."""
    from transformers import Qwen3Config, Qwen3Model

    config = Qwen3Config(
        vocab_size=11,
        hidden_size=width,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=128,
    )
    Qwen3Model(config).save_pretrained(folder)
    tokenizer("[END]").save_pretrained(folder)


def save_bert(folder: Path) -> None:
    """A transformer that sees both ways, with tokens before and after a text."""
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=11, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48
    )
    BertModel(config).save_pretrained(folder)
    tokenizer("[END]", "[CLS]").save_pretrained(folder)


def text_modules(folder: Path, pooling: str) -> list[Any]:
    """The modules of a sentence-transformers model around a saved transformer."""
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling

    reads = Transformer(str(folder))
    return [reads, Pooling(reads.get_embedding_dimension(), pooling), Normalize()]
