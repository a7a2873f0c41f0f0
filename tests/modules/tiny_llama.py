"""A tiny Llama with random weights, saved in the format of Llama 3.2."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.modules.tiny_tokenizer import learned_subwords

BEGIN, END, TURN = "<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"


def save_tiny_llama(folder: Path, texts: Sequence[str]) -> Path:
    """A model 16 wide; its tokenizer has no padding, mask or unknown token, and puts a token before texts."""
    import torch
    from tokenizers import processors
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    torch.manual_seed(2)
    made = learned_subwords(texts, [BEGIN, END, TURN])
    begin = made.token_to_id(BEGIN)
    made.post_processor = processors.TemplateProcessing(single=f"{BEGIN} $A", special_tokens=[(BEGIN, begin)])
    kind: Any = PreTrainedTokenizerFast
    tokenizer = kind(tokenizer_object=made, bos_token=BEGIN, eos_token=END)
    ends: Any = [made.token_to_id(END), made.token_to_id(TURN)]
    scaled = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 32.0, "low_freq_factor": 1.0}
    scaled |= {"high_freq_factor": 4.0, "original_max_position_embeddings": 64}
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=4,
        max_position_embeddings=256,
        rope_parameters=scaled,
        tie_word_embeddings=True,
        bos_token_id=begin,
        eos_token_id=ends,
    )
    model: Any = LlamaForCausalLM(config)
    model = model.to(torch.bfloat16)
    generation: Any = GenerationConfig
    sampled = generation(do_sample=True, temperature=0.6, top_p=0.9, bos_token_id=begin, eos_token_id=ends)
    model.generation_config = sampled
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
