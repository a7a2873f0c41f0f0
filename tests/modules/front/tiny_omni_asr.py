"""A tiny omniASR_W2V with random weights: as its authors' fairseq2 names them, and as transformers does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2Model

POSITIONS = "encoder_frontend.pos_encoder.conv"
OUTSIDE = {
    "feature_extractor.conv_layers.": "encoder_frontend.feature_extractor.layers.",
    "feature_projection.layer_norm.": "encoder_frontend.post_extract_layer_norm.",
    "feature_projection.projection.": "encoder_frontend.model_dim_proj.",
    "encoder.pos_conv_embed.conv.parametrizations.weight.original0": f"{POSITIONS}.weight_g",
    "encoder.pos_conv_embed.conv.parametrizations.weight.original1": f"{POSITIONS}.weight_v",
    "encoder.pos_conv_embed.conv.bias": f"{POSITIONS}.bias",
}
INSIDE = {
    ".final_layer_norm.": ".ffn_layer_norm.",
    ".layer_norm.": ".self_attn_layer_norm.",
    ".attention.out_proj.": ".self_attn.output_proj.",
    ".attention.": ".self_attn.",
    ".feed_forward.intermediate_dense.": ".ffn.inner_proj.",
    ".feed_forward.output_dense.": ".ffn.output_proj.",
}


def save_tiny_omni_asr(file: Path, folder: Path | None = None) -> tuple[Path, Path]:
    """Save two layers of width 32 in both forms; the folder is not written where there is none."""
    torch.manual_seed(5)
    config = Wav2Vec2Config(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=16,
        intermediate_size=48,
        conv_dim=[16] * 7,
        conv_bias=True,
        feat_extract_norm="layer",
        do_stable_layer_norm=True,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
    )
    model: Any = Wav2Vec2Model(config)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.02 * torch.randn_like(weight))
    weights = {_published(name): weight for name, weight in model.state_dict().items()}
    weights["masker.temporal_mask_embed"] = weights.pop("masked_spec_embed")
    weights |= {"quantizer.entries": torch.zeros(1, 4, 2), "quantizer.num_updates": torch.zeros(())}
    weights |= {"final_proj.weight": torch.zeros(4, 32), "final_target_proj.weight": torch.zeros(4, 4)}
    file.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"model": weights}, file)
    if folder is not None:
        model.save_pretrained(folder)
        extractor: Any = Wav2Vec2FeatureExtractor
        extractor(return_attention_mask=True).save_pretrained(folder)
    return file, folder or file


def _published(name: str) -> str:
    for mine, theirs in OUTSIDE.items():
        if name.startswith(mine):
            return name.replace(mine, theirs)
    if name.startswith("encoder.layers."):
        for mine, theirs in INSIDE.items():
            if mine in name:
                return name.replace(mine, theirs)
    return name
