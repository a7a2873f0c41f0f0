"""What a `Bottleneck` asks of its network, whatever it is made of, and how a saved one is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch

from polyvox.modules.language_model_pair import WEIGHTS, LanguageModelPair


@runtime_checkable
class EncoderDecoder(Protocol):
    """The part of the interface of transformers' encoder–decoders that is used.

    M2M-100 and NLLB have it of their own; `LanguageModelPair` brings it to causal language models. `config`
    names `d_model`, `eos_token_id`, `pad_token_id` and `decoder_start_token_id`; the token table is one for
    encoder and decoder.
    """

    @property
    def config(self) -> Any:  # noqa: ANN401 - transformers has no types
        """Width and special tokens."""
        ...

    @property
    def lm_head(self) -> Any:  # noqa: ANN401
        """States to the odds of each token."""
        ...

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        ...

    @property
    def dtype(self) -> torch.dtype:
        """Of the weights."""
        ...

    def get_encoder(self) -> Any:  # noqa: ANN401
        """A module: `input_ids` and `attention_mask`, (B, T) each, to `last_hidden_state` (B, T, d_model)."""
        ...

    def get_decoder(self) -> Any:  # noqa: ANN401
        """A module with all that only the decoder has; takes `encoder_hidden_states` (B, 1, d_model) too."""
        ...

    def get_input_embeddings(self) -> Any:  # noqa: ANN401
        """The token table."""
        ...

    def resize_token_embeddings(self, size: int, *, mean_resizing: bool) -> Any:  # noqa: ANN401
        """Make the token table longer."""
        ...

    def generate(
        self,
        *,
        encoder_outputs: Any,  # noqa: ANN401
        attention_mask: torch.Tensor,
        forced_bos_token_id: int,
        max_new_tokens: int,
        num_beams: int,
        do_sample: bool,
    ) -> Any:  # noqa: ANN401
        """Token numbers (B, T) told from `encoder_outputs`, the first of them `forced_bos_token_id`."""
        ...

    def save_pretrained(self, folder: Any) -> Any:  # noqa: ANN401
        """Write the weights as safetensors, and their settings."""
        ...


def open_encoder_decoder(folder: Path) -> EncoderDecoder:
    """Read what `save_pretrained` of either form wrote."""
    from transformers import AutoModelForSeq2SeqLM

    if (folder / WEIGHTS).is_file():
        return LanguageModelPair.from_pretrained(folder)
    network: EncoderDecoder = AutoModelForSeq2SeqLM.from_pretrained(folder, local_files_only=True)
    return network
