"""A tiny w2v-BERT 2.0 with random weights, saved as the hub's is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import SeamlessM4TFeatureExtractor, Wav2Vec2BertConfig, Wav2Vec2BertModel


def save_tiny_wav2vec2_bert(folder: Path) -> Path:
    """Save two layers of width 16 and the feature extractor."""
    torch.manual_seed(1)
    config = Wav2Vec2BertConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        conv_depthwise_kernel_size=3,
        add_adapter=False,
    )
    Wav2Vec2BertModel(config).save_pretrained(folder)
    extractor: Any = SeamlessM4TFeatureExtractor
    extractor().save_pretrained(folder)
    return folder
