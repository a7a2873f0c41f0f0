"""A language model that reads sentence vectors in place of words, and answers a question about them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from polyvox.errors import PolyvoxError

_CONFIG, _ENTRY = "reader.json", "entry.safetensors"


class SentenceReader(nn.Module):
    """Vectors, then a question in tokens, then an answer: one sequence of a causal language model.

    After OmniSONAR's Spectrum (arXiv 2603.16606), which is an encoder–decoder; here vectors enter a causal
    model through one linear layer.

    Args:
        network: a causal language model of transformers.
        tokenizer: of the network, or any whose numbers it knows.
        dimension: of the vectors.
    """

    def __init__(self, network: Any, tokenizer: Any, dimension: int) -> None:  # noqa: ANN401
        super().__init__()
        self.network = network
        self.tokenizer = tokenizer
        self.dimension = dimension
        self.entry = nn.Linear(dimension, network.config.hidden_size)

    def forward(
        self, vectors: Tensor, mask: Tensor, question: Sequence[int], answers: Sequence[Sequence[int]]
    ) -> Tensor:
        """Log-probability of each answer, (B,), float32, summed over its tokens.

        Args:
            vectors: (B, S, dimension), unit vectors of the sentences.
            mask: (B, S) bool, false where a row has fewer sentences; they come first.
            question: its tokens, the same for all.
            answers: the tokens of one answer for each row.
        """
        table = self.network.get_input_embeddings()
        asked = torch.tensor([list(question)] * len(answers), device=vectors.device)
        longest = max(len(answer) for answer in answers)
        said = torch.tensor([[*answer, *[0] * (longest - len(answer))] for answer in answers])
        kept = torch.arange(longest) < torch.tensor([len(answer) for answer in answers])[:, None]
        said, kept = said.to(vectors.device), kept.to(vectors.device)
        stretched = torch.where(mask[..., None], vectors, 0.0) * self.dimension**0.5
        inputs = torch.cat([self.entry(stretched), table(asked), table(said)], dim=1)
        seen = torch.cat([mask, torch.ones_like(asked, dtype=torch.bool), kept], dim=1)
        places = (seen.long().cumsum(1) - 1).clamp(min=0)
        odds = self.network(inputs_embeds=inputs, attention_mask=seen.long(), position_ids=places).logits
        start = inputs.shape[1] - longest - 1
        each = odds[:, start:-1].float().log_softmax(-1).gather(-1, said[..., None])[..., 0]
        return torch.where(kept, each, 0.0).sum(1)

    @torch.no_grad()
    def choose(self, vectors: Tensor, mask: Tensor, question: str, choices: Sequence[str]) -> list[int]:
        """The number of the likeliest choice for each row of sentences."""
        asked = self.tokens(question)
        told = [self(vectors, mask, asked, [self.tokens(choice)] * len(vectors)) for choice in choices]
        return [int(place) for place in torch.stack(told, 1).argmax(1)]

    def tokens(self, text: str) -> list[int]:
        """The token numbers of a question or an answer."""
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def save(self, folder: Path) -> None:
        """Write the language model and its tokenizer as transformers saves them, and the entry."""
        self.network.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)
        save_file(
            {name: value.contiguous() for name, value in self.entry.state_dict().items()}, folder / _ENTRY
        )
        (folder / _CONFIG).write_text(json.dumps({"dimension": self.dimension}) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> SentenceReader:
        """Read what `save` wrote.

        Raises:
            PolyvoxError: the folder holds no reader of sentences.
        """
        from transformers import AutoModelForCausalLM, AutoTokenizer

        if not (folder / _CONFIG).is_file():
            raise PolyvoxError(f"{folder} holds no reader of sentences: no {_CONFIG}")
        config = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
        network = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        reader = cls(network, tokenizer, config["dimension"])
        reader.entry.load_state_dict(load_file(folder / _ENTRY))
        return reader.eval()
