"""The upper half of the speech tower: from sounds to the text space."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from polyvox.modules.conformer import ConformerBlock


@dataclass(frozen=True, slots=True)
class MeaningConfig:
    """Sizes of the upper half; `sounds` as in `SoundsConfig`, `dimension` that of the text space."""

    sounds: int
    dimension: int = 256
    width: int = 256
    layers: int = 3
    heads: int = 4
    kernel: int = 5
    dropout: float = 0.1


class Meaning(nn.Module):
    """A sequence of sounds, each a distribution over the inventory, to one vector of unit length.

    Because its input is sounds and not audio, it also learns from text whose sounds are known, in amounts
    that nobody could record.
    """

    def __init__(self, config: MeaningConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Linear(config.sounds, config.width, bias=False)
        self.blocks = nn.ModuleList(
            ConformerBlock(config.width, config.heads, config.kernel, config.dropout)
            for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(config.width)
        self.attention = nn.Linear(config.width, config.heads)
        self.out = nn.Linear(config.width, config.dimension)

    def forward(self, sounds: Tensor, mask: Tensor) -> Tensor:
        """Map (B, S, sounds) with its mask (B, S) to unit vectors (B, dimension)."""
        states = self.embedding(sounds) * math.sqrt(self.config.width)
        states = states + positions(states)
        for block in self.blocks:
            states = block(states, mask)
        states = self.norm(states)
        weights = self.attention(states).masked_fill(~mask.unsqueeze(-1), -torch.inf)
        batch, length, width = states.shape
        split = states.view(batch, length, self.config.heads, width // self.config.heads)
        pooled = (torch.softmax(weights, 1).unsqueeze(-1) * split).sum(1).reshape(batch, width)
        return nn.functional.normalize(self.out(pooled).float(), dim=-1)


def positions(states: Tensor) -> Tensor:
    """Sines and cosines of the place in the sequence, (S, width), for states (B, S, width)."""
    half = states.shape[-1] // 2
    place = torch.arange(states.shape[1], device=states.device, dtype=torch.float32)[:, None]
    rate = torch.exp(torch.arange(half, device=states.device) * (-math.log(1000.0) / half))[None]
    return torch.cat([torch.sin(place * rate), torch.cos(place * rate)], -1).to(states.dtype)


class MergedSounds(NamedTuple):
    """Distributions (B, S, sounds), their mask (B, S), and the frame in which each sound ends, (B, S)."""

    sounds: Tensor
    mask: Tensor
    last_frames: Tensor


def merge_sounds(probabilities: Tensor, mask: Tensor) -> MergedSounds:
    """Merge the frames of one sound and drop the blanks, as CTC decoding does, but keep the doubt.

    Neighbouring frames with the same most likely sound become the mean of their distributions; the choice
    of frames has no gradient, the distributions have one.

    Args:
        probabilities: (B, T, sounds), blank at 0.
        mask: (B, T), True where there is content.

    Returns:
        S = T // 2 + 1 places a recording: nobody speaks faster than a sound every two frames. A recording
        without any sound keeps one empty place.
    """
    best = probabilities.argmax(-1)
    kept = (best != 0) & mask
    before = torch.nn.functional.pad(best[:, :-1], (1, 0))
    begins = kept & (best != before)
    place = begins.long().cumsum(1) - 1
    order = torch.arange(best.shape[1] // 2 + 1, device=best.device)
    inside = (place[:, None, :] == order[None, :, None]) & kept[:, None, :]
    member = inside.to(probabilities.dtype)
    merged = member @ probabilities / member.sum(-1, keepdim=True).clamp(min=1)
    most = mask.long().sum(1, keepdim=True) // 2 + 1
    count = begins.long().sum(1, keepdim=True).clamp(min=1).minimum(most)
    last = (inside.long() * torch.arange(best.shape[1], device=best.device)).amax(-1)
    return MergedSounds(merged, order[None] < count, last)
