"""A small text model in the format of Qwen3-Embedding: subwords, causal transformer, vector of the end."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from polyvox.train.fusion.sections import Small

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from polyvox.encode import Encoder

END = "<|endoftext|>"
PAD = "<|pad|>"


def learn_tokenizer(texts: Iterable[str], size: int) -> Any:  # noqa: ANN401 - transformers has no types
    """Byte-level subwords of lower-cased text, with the end token after every text."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[END, PAD],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"$A {END}", pair=f"$A {END} $B {END}", special_tokens=[(END, tokenizer.token_to_id(END))]
    )
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, eos_token=END, pad_token=PAD, padding_side="right", model_max_length=512
    )


def small_transformer(small: Small, tokenizer: Any) -> Any:  # noqa: ANN401 - transformers has no types
    """A Qwen3 model of the recipe's sizes with random weights."""
    from transformers import Qwen3Config, Qwen3Model

    return Qwen3Model(
        Qwen3Config(
            vocab_size=len(tokenizer),
            hidden_size=small.width,
            intermediate_size=small.inner,
            num_hidden_layers=small.layers,
            num_attention_heads=small.heads,
            num_key_value_heads=small.key_heads,
            head_dim=small.width // small.heads,
            max_position_embeddings=512,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            use_cache=False,
        )
    )


def lend_vectors(transformer: Any, tokenizer: Any, teacher: Encoder) -> None:  # noqa: ANN401
    """Give each subword the teacher's vector of its spelling as its first value, where the widths agree."""
    table = transformer.get_input_embeddings().weight
    if table.shape[1] != teacher.card.dimension:
        return
    spelled = [tokenizer.decode([number]).strip() for number in range(len(tokenizer))]
    known = np.array([bool(text) and "\ufffd" not in text and text not in (END, PAD) for text in spelled])
    vectors = teacher.encode_text([text or " " for text in spelled])
    with torch.no_grad():
        table[torch.from_numpy(known)] = torch.from_numpy(vectors[known])


def save_text_model(transformer: Any, tokenizer: Any, folder: Path) -> None:  # noqa: ANN401
    """Write transformer and tokenizer as a sentence-transformers model: last token, unit vectors."""
    raw = folder.with_name(f"{folder.name}.raw")
    transformer.save_pretrained(raw)
    tokenizer.save_pretrained(raw)
    model = as_sentence_transformer(raw)
    partial = folder.with_name(f"{folder.name}.partial")
    model.save(str(partial), create_model_card=False)
    partial.replace(folder)


def as_sentence_transformer(folder: Path) -> SentenceTransformer:
    """A transformers checkpoint as a sentence-transformers model with the pooling of Qwen3-Embedding."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling

    reads = Transformer(str(folder))
    pooled = Pooling(reads.get_embedding_dimension(), "lasttoken")
    return SentenceTransformer(modules=[reads, pooled, Normalize()], device="cpu")
