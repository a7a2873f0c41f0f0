"""Checkpoints of the hub that the first stage starts from: encoder–decoders and causal language models."""

from __future__ import annotations

from typing import Any

import torch

from polyvox.errors import PolyvoxError
from polyvox.modules.encoder_decoder import EncoderDecoder
from polyvox.modules.language_model_pair import LanguageModelPair

_MASK = "<mask>"
_SAME = 1e-4


def open_checkpoint(name: str) -> tuple[EncoderDecoder, Any]:
    """The network and the tokenizer of a folder, or of a name on the hub.

    Args:
        name: of an encoder–decoder in the form of M2M-100 or NLLB, or of a causal language model.

    Raises:
        PolyvoxError: it cannot be opened, or is neither.
    """
    from transformers import AutoConfig, AutoTokenizer

    try:
        config = AutoConfig.from_pretrained(name)
        tokenizer = AutoTokenizer.from_pretrained(name)
        opened = _encoder_decoder if config.is_encoder_decoder else _language_model
        return opened(name, tokenizer), tokenizer
    except (OSError, ValueError) as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise PolyvoxError(
            f"[model] start: {name!r} cannot be opened: {said[0].rstrip('.')}. Give the folder of a "
            "transformers checkpoint with config.json, model.safetensors and tokenizer.json, or its name on "
            "the Hugging Face hub (which needs the network the first time, and for some models that their "
            "licence is accepted there)"
        ) from error


def _encoder_decoder(name: str, _: Any) -> EncoderDecoder:  # noqa: ANN401
    from transformers import AutoModelForSeq2SeqLM

    network: EncoderDecoder = AutoModelForSeq2SeqLM.from_pretrained(name)
    return network


def _language_model(name: str, tokenizer: Any) -> EncoderDecoder:  # noqa: ANN401
    """Encoder and decoder of one language model, float32; a token for noise where it has none."""
    from transformers import AutoModelForCausalLM

    writer = AutoModelForCausalLM.from_pretrained(name, use_safetensors=True, dtype=torch.float32)
    if writer.config.eos_token_id is None:
        writer.config.eos_token_id = tokenizer.eos_token_id
    if writer.config.eos_token_id is None:
        raise _unfit(name)
    try:
        pair = LanguageModelPair(writer)
        _check_directions(pair, name)
    except (AttributeError, RuntimeError, TypeError, ValueError) as error:
        raise _unfit(name) from error
    if tokenizer.mask_token_id is None:
        tokenizer.add_special_tokens({"mask_token": _MASK})
        size = max(len(tokenizer), pair.get_input_embeddings().weight.shape[0])
        pair.resize_token_embeddings(size, mean_resizing=False)
    return pair


@torch.no_grad()
def _check_directions(pair: LanguageModelPair, name: str) -> None:
    """Whether the encoder sees later tokens and the decoder none; not every network can do both."""
    pair.eval()
    texts = torch.tensor([[0, 1, 2, 3], [0, 1, 2, 4]])
    mask = torch.ones_like(texts)
    read = pair.get_encoder()(texts, mask).last_hidden_state[:, :3]
    memory = torch.ones(2, 1, pair.config.d_model)
    said = pair.get_decoder()(texts, mask, memory).last_hidden_state[:, :3]
    if torch.allclose(read[0], read[1], atol=_SAME) or not torch.allclose(said[0], said[1], atol=_SAME):
        raise _unfit(name)


def _unfit(name: str) -> PolyvoxError:
    return PolyvoxError(
        f"[model] start: {name!r} is no causal language model that can read to both sides; take a "
        "decoder-only transformer such as Llama, Qwen3 or Mistral, or an encoder–decoder such as NLLB"
    )
