"""Where words end in a sequence of sounds, and the key under which the word is looked up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from polyvox.modules.conformer import ConformerBlock
from polyvox.modules.meaning import positions
from polyvox.modules.pronunciation import feature_count, pronunciation_features


@dataclass(frozen=True, slots=True)
class SpotterConfig:
    """Sizes; `sounds` as in `SoundsConfig`, `key` the width of a key."""

    sounds: int
    key: int = 96
    width: int = 192
    layers: int = 3
    heads: int = 4
    kernel: int = 7
    dropout: float = 0.1


class WordSpotter(nn.Module):
    """A sequence of sounds, each a distribution, to a query and the log-odds of an end of word at each sound.

    A query is compared with the keys that `PronunciationKeys` makes of the lexicon. What is learned is which
    sounds are mistaken for which and where words end, not what words mean, so the lexicon may change after
    the training.
    """

    def __init__(self, config: SpotterConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Linear(config.sounds, config.width, bias=False)
        self.blocks = nn.ModuleList(
            ConformerBlock(config.width, config.heads, config.kernel, config.dropout)
            for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(config.width)
        self.query = nn.Linear(config.width, config.key)
        self.end = nn.Linear(config.width, 1)

    def forward(self, sounds: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Map (B, S, sounds) with its mask (B, S) to unit queries (B, S, key) and log-odds (B, S)."""
        states = self.embedding(sounds) * math.sqrt(self.config.width)
        states = states + positions(states)
        for block in self.blocks:
            states = block(states, mask)
        states = self.norm(states)
        queries = nn.functional.normalize(self.query(states).float(), dim=-1)
        return queries, self.end(states).float().squeeze(-1)


class PronunciationKeys(nn.Module):
    """The key of a pronunciation: the sum of what is learned of its features, made unit length."""

    def __init__(self, kinds: int, width: int) -> None:
        super().__init__()
        self.kinds = kinds
        self.features = nn.EmbeddingBag(feature_count(kinds), width, mode="sum")
        nn.init.normal_(self.features.weight, std=width**-0.5)

    def forward(self, pronunciations: Sequence[Sequence[int]]) -> Tensor:
        """Unit keys (N, width) of pronunciations, each 1 to `LONGEST` sound numbers."""
        spoken = np.array([sound for one in pronunciations for sound in one], np.uint8)
        lengths = np.array([len(one) for one in pronunciations], np.uint8)
        features, begins = pronunciation_features(spoken, lengths, self.kinds)
        device = self.features.weight.device
        places = torch.from_numpy(begins.astype(np.int32)).to(device)
        keys: Tensor = self.features(torch.from_numpy(features).to(device), places)
        return nn.functional.normalize(keys, dim=-1)
