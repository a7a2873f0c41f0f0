"""Late fusion: a frozen text model reads speech as if it were the vectors of its own tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from polyvox.errors import PolyvoxError
from polyvox.modules.heads.widths import prefixes
from polyvox.modules.speech_adapter import AdapterSizes, SpeechAdapter
from polyvox.modules.tower_files import TowerFiles

ADAPTER = TowerFiles("adapter.json", "adapter.safetensors", "speech adapter")
_PROBE = "a"


class LateFusion(nn.Module):
    """Adapter, frozen text model, its own pooling: frames to unit vectors of the text space.

    The text model reads the embedded prompt, the adapted speech, and what its tokenizer puts at the end of a
    text (the end token whose state Qwen3-Embedding takes as the vector). Its weights get no gradient, and
    `train()` never turns its dropout on. They are no part of `state_dict`: the text half of the
    model saves them.

    Args:
        adapter: is trained.
        text: the modules of a sentence-transformers text model, in order; the first one has the transformer.
        prompt: read before the speech.
        widths: prefixes of the vectors that `at_widths` gives; the full width where empty.

    Raises:
        PolyvoxError: the text model takes no `inputs_embeds`, or is not as wide as the adapter.
    """

    before: Tensor
    after: Tensor

    def __init__(
        self,
        adapter: SpeechAdapter,
        text: Sequence[nn.Module],
        prompt: str = "",
        widths: Sequence[int] = (),
    ) -> None:
        super().__init__()
        self.widths = tuple(widths)
        self.adapter = adapter
        self.prompt = prompt
        # In a tuple, so that torch does not count the frozen model among this module's own weights.
        self._text = tuple(text)
        for module in self._text:
            module.requires_grad_(False).eval()
        table = _token_table(self._text[0])
        if table.embedding_dim != adapter.sizes.width:
            raise PolyvoxError(
                f"the text model's token vectors have {table.embedding_dim} values, "
                f"the adapter's states {adapter.sizes.width}"
            )
        before, after = frame_tokens(self._text[0], self._text[1:], prompt)
        self.register_buffer("before", torch.tensor(before, dtype=torch.long), persistent=False)
        self.register_buffer("after", torch.tensor(after, dtype=torch.long), persistent=False)

    @property
    def dimension(self) -> int:
        """Width of the vectors."""
        widths = [
            module.get_embedding_dimension()  # type: ignore[operator]
            for module in self._text
            if hasattr(module, "get_embedding_dimension")
        ]
        return int(widths[-1])

    def token_length(self) -> float:
        """Root mean square of the values of the text model's token vectors."""
        return float(_token_table(self._text[0]).weight.detach().float().square().mean().sqrt())

    def forward(self, frames: Tensor, mask: Tensor) -> Tensor:
        """Map frames (B, T, front) and their mask (B, T) to unit vectors (B, dimension)."""
        for module in self._text:
            module.eval()
        states, kept = self.adapter(frames, mask)
        inputs, attention = self._framed(states, kept)
        features: dict[str, Any] = {
            "inputs_embeds": inputs,
            "attention_mask": attention,
            "modality": "text",
        }
        for module in self._text:
            features = module(features)
        return F.normalize(features["sentence_embedding"].float(), dim=-1)

    def at_widths(self, frames: Tensor, mask: Tensor) -> dict[int, Tensor]:
        """The first values of the vectors by width, (B, width), not of unit length."""
        return prefixes(self(frames, mask), self.widths or (self.dimension,))

    def save(self, folder: Path) -> None:
        """Write the adapter and the prompt; the text model is saved by whoever owns it."""
        config = {"sizes": asdict(self.adapter.sizes), "prompt": self.prompt, "widths": self.widths}
        ADAPTER.write(folder, self.adapter, config)

    @classmethod
    def load(cls, folder: Path, text: Sequence[nn.Module]) -> LateFusion:
        """Read what `save` wrote, and fuse it into a text model.

        Raises:
            PolyvoxError: the folder holds no adapter, or the text model is another one.
        """
        config, weights = ADAPTER.read(folder)
        adapter = SpeechAdapter(AdapterSizes(**config["sizes"]))
        adapter.load_state_dict(weights)
        return cls(adapter, text, config["prompt"], config["widths"]).eval()

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> LateFusion:
        """Move the text model along; torch does not see it among the parts of this module."""
        for module in self._text:
            module._apply(fn, recurse)  # type: ignore[no-untyped-call]
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        return self

    def _framed(self, states: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
        """Prompt, speech and end of each row without a gap; what follows is masked."""
        batch, longest, width = states.shape
        table = _token_table(self._text[0])
        before, after = table(self.before).to(states), table(self.after).to(states)
        head, tail = len(before), len(after)
        lengths = kept.sum(1)
        inputs = states.new_zeros(batch, head + longest + tail, width)
        inputs[:, :head] = before
        inputs[:, head : head + longest] = torch.where(kept[..., None], states, 0.0)
        places = head + lengths[:, None] + torch.arange(tail, device=states.device)
        inputs = inputs.scatter(1, places[..., None].expand(-1, -1, width), after.expand(batch, -1, -1))
        steps = torch.arange(inputs.shape[1], device=states.device)
        return inputs, (steps < (head + lengths + tail)[:, None]).long()


def _token_table(transformer: Any) -> nn.Embedding:  # noqa: ANN401 - a library module
    model = getattr(transformer, "auto_model", None)
    table = model.get_input_embeddings() if model is not None else None
    if not isinstance(table, nn.Embedding):
        raise PolyvoxError(
            f"{type(transformer).__name__} cannot take speech: it has no token vectors; late fusion needs a "
            "transformer text model, such as Qwen/Qwen3-Embedding-0.6B"
        )
    return table


def frame_tokens(
    transformer: Any,  # noqa: ANN401 - a library module
    rest: Sequence[Any],
    prompt: str = "",
) -> tuple[list[int], list[int]]:
    """The tokens that stand before and after the speech: special ones of the tokenizer, and the prompt.

    A model that takes the vector of its last token gets its end token even where the tokenizer adds none.
    """
    tokenizer = transformer.tokenizer
    ids = tokenizer(_PROBE)["input_ids"]
    plain = tokenizer(_PROBE, add_special_tokens=False)["input_ids"]
    start = next(place for place in range(len(ids)) if ids[place : place + len(plain)] == plain)
    before, after = list(ids[:start]), list(ids[start + len(plain) :])
    if prompt:
        before += tokenizer(prompt, add_special_tokens=False)["input_ids"]
    last = any(getattr(module, "pooling_mode", None) == "lasttoken" for module in rest)
    if last and not after and tokenizer.eos_token_id is not None:
        after = [tokenizer.eos_token_id]
    return before, after
