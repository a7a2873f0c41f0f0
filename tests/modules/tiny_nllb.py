"""A tiny NLLB with random weights, saved as the hub's are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import M2M100Config, M2M100ForConditionalGeneration, NllbTokenizer


def save_tiny_nllb(folder: Path, texts: Sequence[str]) -> Path:
    """Learn a vocabulary of 600 from texts and save model and tokenizer; the model is 16 wide."""
    untrained: Any = NllbTokenizer()
    tokenizer = untrained.train_new_from_iterator(texts, 600)
    torch.manual_seed(1)
    config = M2M100Config(
        vocab_size=len(tokenizer) + 3,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        decoder_start_token_id=tokenizer.eos_token_id,
    )
    M2M100ForConditionalGeneration(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
