"""The block that both halves of the speech tower are made of: attention, convolution, feed-forward."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from polyvox.modules.fast_dropout import FastDropout


class ConformerBlock(nn.Module):
    """Pre-norm self-attention, gated depthwise convolution and feed-forward, each with a residual.

    After Conformer (Gulati et al. 2020, arXiv 2005.08100), with one feed-forward layer instead of two and
    layer instead of batch normalisation, so that no recording depends on its batch.
    """

    def __init__(self, width: int, heads: int, kernel: int, dropout: float) -> None:
        super().__init__()
        self.attention = _Attention(width, heads)
        self.convolution = _Convolution(width, kernel)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, 4 * width), nn.SiLU(), FastDropout(dropout), nn.Linear(4 * width, width)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.dropout = FastDropout(dropout)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Map (B, T, width) to the same; `mask` (B, T) is True where there is content."""
        states = states + self.dropout(self.attention(self.norms[0](states), mask))
        states = states + self.dropout(self.convolution(self.norms[1](states), mask))
        fed: Tensor = states + self.dropout(self.feed_forward(self.norms[2](states)))
        return fed


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        batch, length, width = states.shape
        qkv = self.qkv(states).view(batch, length, 3, self.heads, width // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        scores = query @ key.transpose(-1, -2) / math.sqrt(width // self.heads)
        scores = scores.masked_fill(~mask[:, None, None, :], -torch.inf)
        mixed = torch.softmax(scores, -1) @ value
        out: Tensor = self.out(mixed.transpose(1, 2).reshape(batch, length, width))
        return out


class _Convolution(nn.Module):
    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.gate = nn.Linear(width, 2 * width)
        self.depthwise = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, width)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        gated = F.glu(self.gate(states), -1) * mask.unsqueeze(-1)
        local = self.depthwise(gated.transpose(1, 2)).transpose(1, 2)
        out: Tensor = self.out(F.silu(self.norm(local)))
        return out
