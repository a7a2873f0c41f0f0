"""A tiny causal language model with random weights, saved in the format of Qwen3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.modules.tiny_tokenizer import learned_subwords

TEXTS = ["[el text] καλημέρα[en text] good morning", "[pl text] dzień dobry", "[fr text] bonjour", "un deux"]
END = dict.fromkeys(("eos_token", "pad_token"), "<|endoftext|>")
SPARE = 7
"""Rows of the embeddings beyond the tokenizer, of which Qwen3 has some too."""


def save_qwen3(folder: Path, *, tied: bool = True, seed: int = 0) -> None:
    import torch
    from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(seed)
    made = learned_subwords(TEXTS, ["<|endoftext|>"])
    kind: Any = PreTrainedTokenizerFast
    tokenizer = kind(tokenizer_object=made, **END)
    # A chat template, as the hub's models have: it must not be put around texts.
    tokenizer.chat_template = "{% for message in messages %}<chat>{{ message['content'] }}{% endfor %}"
    config = Qwen3Config(
        vocab_size=len(tokenizer) + SPARE,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=256,
        tie_word_embeddings=tied,
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=0,
    )
    Qwen3ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
