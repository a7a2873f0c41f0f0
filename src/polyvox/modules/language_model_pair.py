"""An encoder–decoder made of one causal language model: it reads to both sides, and writes from a vector."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_model, save_model
from torch import Tensor, nn

from polyvox.errors import PolyvoxError

WEIGHTS = "pair.safetensors"


@dataclass(frozen=True, slots=True)
class PairConfig:
    """What transformers' encoder–decoders name so.

    Attributes:
        d_model: width of the states.
        eos_token_id: the end of a text.
        pad_token_id: what fills up a row; it is masked, so any number will do.
        decoder_start_token_id: stands where the decoder puts the vector.
    """

    d_model: int
    eos_token_id: int
    pad_token_id: int
    decoder_start_token_id: int


class LanguageModelPair(nn.Module):
    """A causal language model twice, as encoder and as decoder, with one token table.

    It begins as OmniSONAR does (arXiv 2603.16606): encoder and decoder have the weights of the language
    model. It has the part of the interface of transformers' encoder–decoders that `EncoderDecoder` names.

    Args:
        writer: a causal language model of transformers, such as Llama or Qwen3; it becomes the decoder.

    Raises:
        PolyvoxError: its config names no end of a text.
    """

    def __init__(self, writer: Any) -> None:  # noqa: ANN401 - transformers has no types
        super().__init__()
        import transformers

        generation: Any = transformers.GenerationConfig
        self.config = _settle(writer.config)
        # How to sample, which checkpoints bring along, is not for translation.
        writer.generation_config = generation(
            eos_token_id=self.config.eos_token_id, pad_token_id=self.config.pad_token_id
        )
        table = writer.get_input_embeddings()
        self.encoder = BidirectionalReader(copy.deepcopy(writer.base_model, {id(table): table}))
        self.decoder = PrefixWriter(writer, self.config.d_model)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.decoder.entry.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """Of the weights."""
        return self.decoder.entry.weight.dtype

    @property
    def lm_head(self) -> Any:  # noqa: ANN401
        """States to the odds of each token."""
        return self.decoder.model.get_output_embeddings()

    def get_encoder(self) -> BidirectionalReader:
        """Reads texts."""
        return self.encoder

    def get_decoder(self) -> PrefixWriter:
        """Writes texts; the entry of the vector and an output layer of its own belong to it."""
        return self.decoder

    def get_input_embeddings(self) -> Any:  # noqa: ANN401
        """The token table of both, and of the output layer where the language model ties them."""
        return self.decoder.model.get_input_embeddings()

    def resize_token_embeddings(self, size: int, *, mean_resizing: bool) -> Any:  # noqa: ANN401
        """Make the token table and the output layer longer; new rows are random."""
        table = self.decoder.model.resize_token_embeddings(size, mean_resizing=mean_resizing)
        self.encoder.model.set_input_embeddings(table)
        return table

    @torch.no_grad()
    def generate(
        self,
        encoder_outputs: Any,  # noqa: ANN401
        attention_mask: Tensor,
        forced_bos_token_id: int,
        max_new_tokens: int,
        num_beams: int = 1,
        do_sample: bool = False,
    ) -> Tensor:
        """Token numbers (B, T), told from `last_hidden_state` (B, 1, d_model) of `encoder_outputs`.

        Args:
            encoder_outputs: what the decoder is told from.
            attention_mask: (B, 1).
            forced_bos_token_id: the first token, which names the language.
            max_new_tokens: tokens that are written, the first among them.
            num_beams: of the search; 1 is greedy.
            do_sample: draw tokens.
        """
        memory = encoder_outputs.last_hidden_state
        tags = torch.full_like(attention_mask, forced_bos_token_id)
        found: Tensor = self.decoder.model.generate(
            inputs_embeds=self.decoder.inputs(memory, tags),
            attention_mask=torch.cat([attention_mask, torch.ones_like(tags)], dim=1),
            max_new_tokens=max(1, max_new_tokens - 1),
            num_beams=num_beams,
            do_sample=do_sample,
        )
        return found

    def save_pretrained(self, folder: Path) -> None:
        """Write the config of the language model, and `pair.safetensors` with every weight once."""
        folder.mkdir(parents=True, exist_ok=True)
        self.decoder.model.config.dtype = self.dtype
        self.decoder.model.config.save_pretrained(folder)
        save_model(self, str(folder / WEIGHTS))

    @classmethod
    def from_pretrained(cls, folder: Path) -> LanguageModelPair:
        """Read what `save_pretrained` wrote.

        Raises:
            PolyvoxError: the weights do not fit the config.
        """
        import transformers

        config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
        models: Any = transformers.AutoModelForCausalLM
        pair = cls(models.from_config(config))
        try:
            load_model(pair, folder / WEIGHTS)
        except (RuntimeError, ValueError) as error:
            raise PolyvoxError(f"{folder / WEIGHTS} does not fit config.json beside it: {error}") from error
        return pair


class BidirectionalReader(nn.Module):
    """The layers of a causal language model, where each token sees those after it too.

    transformers takes a mask of four dimensions as it is, and adds no causal one to it, in eager attention
    and in that of torch.

    Args:
        model: the language model without its output layer.
    """

    def __init__(self, model: Any) -> None:  # noqa: ANN401
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Any:  # noqa: ANN401
        """`last_hidden_state` (B, T, width) of token numbers and their mask, (B, T) each."""
        size = input_ids.shape[1]
        hidden = ~attention_mask.bool()[:, None, None, :].expand(-1, 1, size, -1)
        dtype = self.model.get_input_embeddings().weight.dtype
        mask = torch.zeros(hidden.shape, dtype=dtype, device=hidden.device)
        mask = mask.masked_fill(hidden, float("-inf"))
        return self.model(input_ids=input_ids, attention_mask=mask, use_cache=False)


class PrefixWriter(nn.Module):
    """A causal language model whose first input is a vector in place of a token.

    Args:
        model: the language model.
        width: of its states, and of the vector.
    """

    def __init__(self, model: Any, width: int) -> None:  # noqa: ANN401
        super().__init__()
        self.model = model
        self.entry = nn.Linear(width, width)
        # Values of unit variance, which come in, begin with the variance of a token's.
        spread = float(model.get_input_embeddings().weight.detach().float().std())
        with torch.no_grad():
            self.entry.weight.copy_(spread * torch.eye(width))
            self.entry.bias.zero_()

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        encoder_hidden_states: Tensor,
        use_cache: bool = False,
    ) -> Any:  # noqa: ANN401
        """`last_hidden_state` (B, T, width) of token numbers and their mask, (B, T) each.

        The vector, `encoder_hidden_states` (B, 1, width), stands in place of the first token.
        """
        return self.model.base_model(
            inputs_embeds=self.inputs(encoder_hidden_states, input_ids[:, 1:]),
            attention_mask=attention_mask,
            use_cache=use_cache,
        )

    def inputs(self, memory: Tensor, tokens: Tensor) -> Tensor:
        """Vectors (B, 1, width) and tokens (B, T) as what goes into the first layer, (B, 1 + T, width)."""
        words: Tensor = self.model.get_input_embeddings()(tokens)
        return torch.cat([self.entry(memory).to(words.dtype), words], dim=1)


def _settle(config: Any) -> PairConfig:  # noqa: ANN401
    """One end of a text and one padding, also where a checkpoint names several ends or no padding."""
    ends = config.eos_token_id
    end = ends[0] if isinstance(ends, list | tuple) else ends
    if end is None:
        raise PolyvoxError(
            f"a language model of the type {config.model_type!r} whose config has no eos_token_id"
        )
    config.eos_token_id = int(end)
    if config.pad_token_id is None:
        config.pad_token_id = int(end)
    return PairConfig(config.hidden_size, int(end), int(config.pad_token_id), int(config.pad_token_id))
