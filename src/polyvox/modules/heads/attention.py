"""A head for little data: convolutions for context, attention for what matters."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from polyvox.modules.tower_files import TowerFiles

ATTENTION_HEAD = TowerFiles("head.json", "head.safetensors", "head with attention")


@dataclass(frozen=True, slots=True)
class AttentionSizes:
    """Sizes of the head.

    Attributes:
        frame: values of a frame.
        dimension: of the vectors.
        width: inside.
        layers: of convolution.
        heads: of the pooling.
        kernel: frames that a convolution sees, odd.
        stride: neighbouring frames that become one.
        dropout: in each layer.
    """

    frame: int
    dimension: int
    width: int = 256
    layers: int = 4
    heads: int = 4
    kernel: int = 7
    stride: int = 2
    dropout: float = 0.2


class AttentionHead(nn.Module):
    """Frames to unit vectors: a strided convolution, depthwise-separable blocks, attention pooling.

    With some thousand recordings, blocks of convolution alone learn as much as conformer blocks of the same
    size and take a quarter less time a step (recipes/new-language).
    """

    def __init__(self, sizes: AttentionSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.entry = nn.LayerNorm(sizes.frame)
        self.down = nn.Conv1d(sizes.frame, sizes.width, 2 * sizes.stride + 1, sizes.stride, sizes.stride)
        self.blocks = nn.ModuleList(_Block(sizes) for _ in range(sizes.layers))
        self.norm = nn.LayerNorm(sizes.width)
        self.attention = nn.Linear(sizes.width, sizes.heads)
        self.out = nn.Linear(sizes.width, sizes.dimension)

    @property
    def dimension(self) -> int:
        """Width of the vectors."""
        return self.sizes.dimension

    def forward(self, frames: Tensor, mask: Tensor) -> Tensor:
        """Map frames (B, T, frame), padded with anything, and their mask (B, T) to (B, dimension)."""
        sizes = self.sizes
        kept = self.entry(frames.masked_fill(~mask.unsqueeze(-1), 0.0)) * mask.unsqueeze(-1)
        states = F.gelu(self.down(kept.transpose(1, 2))).transpose(1, 2)
        mask = mask[:, :: sizes.stride]
        for block in self.blocks:
            states = block(states, mask)
        states = self.norm(states)
        weights = self.attention(states).masked_fill(~mask.unsqueeze(-1), -torch.inf).softmax(1)
        parts = states.unflatten(-1, (sizes.heads, -1))
        pooled = (weights.unsqueeze(-1) * parts).sum(1).flatten(1)
        return F.normalize(self.out(pooled).float(), dim=-1)

    def save(self, folder: Path) -> None:
        """Write `head.json` and `head.safetensors`."""
        ATTENTION_HEAD.write(folder, self, asdict(self.sizes))

    @classmethod
    def load(cls, folder: Path) -> AttentionHead:
        """Read what `save` wrote.

        Raises:
            PolyvoxError: the folder holds no such head.
        """
        sizes, weights = ATTENTION_HEAD.read(folder)
        head = cls(AttentionSizes(**sizes))
        head.load_state_dict(weights)
        return head


class _Block(nn.Module):
    def __init__(self, sizes: AttentionSizes) -> None:
        super().__init__()
        width, kernel = sizes.width, sizes.kernel
        self.norm = nn.LayerNorm(width)
        self.depthwise = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.inner, self.outer = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.dropout = nn.Dropout(sizes.dropout)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        kept = (self.norm(states) * mask.unsqueeze(-1)).transpose(1, 2)
        local = self.depthwise(kept).transpose(1, 2)
        changed: Tensor = states + self.dropout(self.outer(F.gelu(self.inner(local))))
        return changed
