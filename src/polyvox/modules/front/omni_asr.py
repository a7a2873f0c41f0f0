"""Omnilingual ASR's encoders, omniASR_W2V, as their authors publish them: one `.pt` file of fairseq2."""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from polyvox.errors import PolyvoxError
from polyvox.modules.front.hub import HubFront
from polyvox.modules.front.hub_readers import HUB_KINDS
from polyvox.modules.front.settings import Settings

_STRIDES = (5, 2, 2, 2, 2, 2, 2)
_HEADS = 16
"""Of every size, 300M to 7B; shapes of weights do not tell it."""
_NAMES = tuple(
    (re.compile(f"^{old}"), new)
    for old, new in (
        (r"encoder_frontend\.feature_extractor\.layers\.", "feature_extractor.conv_layers."),
        (r"encoder_frontend\.post_extract_layer_norm\.", "feature_projection.layer_norm."),
        (r"encoder_frontend\.model_dim_proj\.", "feature_projection.projection."),
        (
            r"encoder_frontend\.pos_encoder\.conv\.weight_g$",
            "encoder.pos_conv_embed.conv.parametrizations.weight.original0",
        ),
        (
            r"encoder_frontend\.pos_encoder\.conv\.weight_v$",
            "encoder.pos_conv_embed.conv.parametrizations.weight.original1",
        ),
        (r"encoder_frontend\.pos_encoder\.conv\.bias$", "encoder.pos_conv_embed.conv.bias"),
        (r"(encoder\.layers\.\d+\.)self_attn_layer_norm\.", r"\1layer_norm."),
        (r"(encoder\.layers\.\d+\.)self_attn\.output_proj\.", r"\1attention.out_proj."),
        (r"(encoder\.layers\.\d+\.)self_attn\.", r"\1attention."),
        (r"(encoder\.layers\.\d+\.)ffn_layer_norm\.", r"\1final_layer_norm."),
        (r"(encoder\.layers\.\d+\.)ffn\.inner_proj\.", r"\1feed_forward.intermediate_dense."),
        (r"(encoder\.layers\.\d+\.)ffn\.output_proj\.", r"\1feed_forward.output_dense."),
    )
)
"""fairseq2's names of weights as those of transformers' wav2vec 2.0; the others are called the same."""
_ENCODER = ("encoder.", "encoder_frontend.")
"""Weights of the encoder; the others, such as the quantiser's, served pre-training or recognition."""


def open_omni_asr(path: Path, settings: Settings) -> HubFront:
    """Open the file as a front; saved, it becomes a transformers checkpoint.

    It is a wav2vec 2.0 (arXiv 2006.11477) with layer normalisation before each part.

    Raises:
        PolyvoxError: there is no such file, or it is none of these.
    """
    from transformers import Wav2Vec2FeatureExtractor, Wav2Vec2Model

    if not path.is_file():
        raise PolyvoxError(f"{path}: there is no such file")
    weights = {
        _renamed(name): weight.float() for name, weight in _read(path).items() if name.startswith(_ENCODER)
    }
    try:
        model: Any = Wav2Vec2Model(_config(weights))
        model.load_state_dict(weights)
    except (KeyError, IndexError, ValueError, RuntimeError) as error:
        raise PolyvoxError(f"{path}: not an encoder of the kind omniASR_W2V: {str(error).strip()}") from error
    extractor: Any = Wav2Vec2FeatureExtractor
    return HubFront(model, extractor(return_attention_mask=True), HUB_KINDS["wav2vec2"], settings)


def _read(path: Path) -> Mapping[str, Tensor]:
    """The weights; nothing else in the file is made, so no code in it runs."""
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
        weights = found.get("model", found)
        return {str(name): weight for name, weight in weights.items() if isinstance(weight, Tensor)}
    except (pickle.UnpicklingError, RuntimeError, AttributeError, EOFError) as error:
        raise PolyvoxError(
            f"{path}: holds something else than weights, or is damaged, and is not opened, for it could run "
            "code. Convert it where you trust it to a transformers checkpoint of the type wav2vec2 with "
            "model.safetensors, config.json and preprocessor_config.json, and give its folder"
        ) from error


def _renamed(name: str) -> str:
    for old, new in _NAMES:
        found, times = old.subn(new, name)
        if times:
            return found
    return name


def _config(weights: Mapping[str, Tensor]) -> Any:  # noqa: ANN401 - transformers has no types
    """The sizes, told from the shapes of weights."""
    from transformers import Wav2Vec2Config

    convolutions = [
        weights[f"feature_extractor.conv_layers.{layer}.conv.weight"].shape for layer in range(len(_STRIDES))
    ]
    positions = weights["encoder.pos_conv_embed.conv.parametrizations.weight.original1"].shape
    layers = {name.split(".")[2] for name in weights if name.startswith("encoder.layers.")}
    return Wav2Vec2Config(
        hidden_size=positions[0],
        num_hidden_layers=len(layers),
        num_attention_heads=_HEADS,
        intermediate_size=len(weights["encoder.layers.0.feed_forward.intermediate_dense.bias"]),
        conv_dim=[shape[0] for shape in convolutions],
        conv_kernel=[shape[2] for shape in convolutions],
        conv_stride=list(_STRIDES),
        conv_bias=True,
        feat_extract_norm="layer",
        do_stable_layer_norm=True,
        num_conv_pos_embeddings=positions[2],
        num_conv_pos_embedding_groups=positions[0] // positions[1],
        # Nothing is masked in a front, and the vector that stands for masked frames is not wanted.
        mask_time_prob=0.0,
        mask_feature_prob=0.0,
    )
