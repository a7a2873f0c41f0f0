"""The light text tower as a sentence-transformers module, so that it can be one half of a trained model."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from sentence_transformers.base.modality_types import Modality
from tokenizers import Tokenizer
from torch import Tensor

from polyvox.encode.static import (
    MOST_CHARACTERS,
    MOST_TOKENS,
    StaticTextTower,
    group_ends,
    unknown_vector,
)
from polyvox.modules.folder_module import FolderModule

TOKENIZER_FILE = "tokenizer.json"


class StaticText(FolderModule):
    """Texts to unit vectors: the sum of the vectors of their subwords. Frozen: it has no parameters.

    Args:
        tokenizer: finds the subwords.
        table: (V, D) int8.
        scales: (V, G) float32, the factors of a subword's groups of dimensions (`encode.static.group_ends`).
    """

    marker, kind = "model.safetensors", "text module"
    table: Tensor
    scales: Tensor

    def __init__(self, tokenizer: Tokenizer, table: Tensor, scales: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.tokenizer = tokenizer
        self.register_buffer("table", table)
        self.register_buffer("scales", scales)
        ends = group_ends(table.shape[1], scales.shape[1])
        self._widths = torch.tensor([end - begin for begin, end in pairwise((0, *ends))])

    @classmethod
    def from_light(cls, folder: Path) -> StaticText:
        """The text tower of a light model folder.

        Raises:
            PolyvoxError: a file is missing or damaged.
        """
        tower = StaticTextTower.load(folder)
        table = torch.from_numpy(np.array(tower.levels()))
        return cls(tower.tokenizer, table, torch.from_numpy(np.array(tower.scales)))

    @property
    def modalities(self) -> list[Modality]:
        """What this module takes."""
        return ["text"]

    def get_embedding_dimension(self) -> int:
        """Width of the vectors."""
        return int(self.table.shape[1])

    def preprocess(
        self,
        inputs: Sequence[Any],
        prompt: str | None = None,
        **settings: Any,  # noqa: ANN401 - the library passes what other modules take
    ) -> dict[str, Any]:
        """Texts to subword numbers, one after the other, and the text that each belongs to."""
        texts = [((prompt or "") + text)[:MOST_CHARACTERS] for text in inputs]
        encodings = self.tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        bags = [encoding.ids[:MOST_TOKENS] or [0] for encoding in encodings]
        lengths = torch.tensor([len(bag) for bag in bags])
        return {
            "input_ids": torch.tensor([subword for bag in bags for subword in bag]),
            "text_of": torch.repeat_interleave(torch.arange(len(bags)), lengths),
            "lengths": lengths,
        }

    def forward(self, features: dict[str, Any], **settings: Any) -> dict[str, Any]:  # noqa: ANN401
        """Add `sentence_embedding` (B, D), rows of unit length; no known subword gives the unknown vector."""
        subwords = features["input_ids"]
        factors = self.scales[subwords].repeat_interleave(self._widths.to(self.scales.device), dim=1)
        vectors = self.table[subwords].float() * factors
        sums = torch.zeros(len(features["lengths"]), self.table.shape[1], device=self.table.device)
        sums = sums.index_add(0, features["text_of"], vectors)
        norms = sums.norm(dim=1, keepdim=True)
        unknown = torch.from_numpy(unknown_vector(sums.shape[1])).to(sums)
        features["sentence_embedding"] = torch.where(norms > 1e-6, sums / norms.clamp(min=1e-6), unknown)
        return features

    def write(self, folder: Path) -> None:
        """Write `tokenizer.json` and `model.safetensors`."""
        self.tokenizer.save(str(folder / TOKENIZER_FILE))
        save_file(self.state_dict(), folder / self.marker)

    @classmethod
    def read(cls, folder: Path) -> StaticText:
        """Read what `write` wrote."""
        weights = load_file(folder / cls.marker)
        return cls(Tokenizer.from_file(str(folder / TOKENIZER_FILE)), weights["table"], weights["scales"])
