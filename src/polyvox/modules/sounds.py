"""The lower half of the speech tower: log-mel features to sounds of one IPA inventory for all languages."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from polyvox.encode.features import MELS
from polyvox.errors import PolyvoxError
from polyvox.modules.conformer import ConformerBlock


@dataclass(frozen=True, slots=True)
class SoundsConfig:
    """Sizes of the lower half; `sounds` counts the inventory and the blank, which is number 0.

    With `conditioned`, the blocks after the middle one are told what the middle one hears: its likelihoods,
    through a linear map, are added to its states (Nozaki and Komatsu 2021, https://arxiv.org/abs/2104.02724).
    """

    sounds: int
    width: int = 256
    layers: int = 4
    heads: int = 4
    kernel: int = 11
    dropout: float = 0.1
    conditioned: bool = False

    def __post_init__(self) -> None:
        if self.conditioned and self.layers < 2:
            raise PolyvoxError(f"conditioned: needs at least 2 layers, got {self.layers}")


class Sounds(nn.Module):
    """Log-mel features to the log-odds of each sound every 40 ms, trained by CTC.

    Two strided convolutions bring 100 frames a second down to 25; masked conformer blocks follow.
    """

    def __init__(self, config: SoundsConfig) -> None:
        super().__init__()
        self.config = config
        self.first = nn.Conv1d(MELS, config.width, 5, stride=2, padding=2)
        self.second = nn.Conv1d(config.width, config.width, 5, stride=2, padding=2)
        self.blocks = nn.ModuleList(
            ConformerBlock(config.width, config.heads, config.kernel, config.dropout)
            for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, config.sounds)
        self.feedback = nn.Linear(config.sounds, config.width) if config.conditioned else None

    @property
    def middle(self) -> int:
        """Which of the `layers` comes out of the middle block; of a single block it is the last."""
        return (len(self.blocks) + 1) // 2

    def forward(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Score the sounds.

        Args:
            features: (B, T, 80), padded at the end with anything.
            lengths: (B,), frames of each recording.

        Returns:
            Logits (B, ceil(T/4), sounds) and the mask (B, ceil(T/4)), True where there is content.
        """
        states, mask = self.states(features, lengths)
        return self.head(states), mask

    def states(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """What the sounds are read from: (B, ceil(T/4), width) and the mask, for the input of `forward`."""
        layers, mask = self.layers(features, lengths)
        return layers[-1], mask

    def layers(self, features: Tensor, lengths: Tensor) -> tuple[list[Tensor], Tensor]:
        """What goes into the first block and what comes out of each, the last normalised, and the mask.

        What comes out of the middle block is given as it is before the likelihoods are added that are heard
        in it.

        Returns:
            As many (B, ceil(T/4), width) as there are blocks, and one; the mask (B, ceil(T/4)).
        """
        mask = torch.arange(features.shape[1], device=features.device)[None] < lengths[:, None]
        states = (features * mask.unsqueeze(-1)).transpose(1, 2)
        mask = mask[:, ::2]
        states = nn.functional.gelu(self.first(states)) * mask.unsqueeze(1)
        mask = mask[:, ::2]
        found = [nn.functional.gelu(self.second(states)).transpose(1, 2)]
        for number, block in enumerate(self.blocks):
            states = found[-1]
            if self.feedback is not None and number == self.middle:
                states = states + self.feedback(torch.softmax(self.head(self.norm(states)).float(), -1))
            found.append(block(states, mask))
        found[-1] = self.norm(found[-1])
        return found, mask
