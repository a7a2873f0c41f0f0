"""Pooling by a learned query: what a recording is about, asked of its frames; and by mean or maximum."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Pooling(StrEnum):
    """How frames become one vector."""

    QUERY = "query"
    MEAN = "mean"
    MAX = "max"


@dataclass(frozen=True, slots=True)
class QuerySizes:
    """Sizes of a pooler.

    Attributes:
        width: values of a frame, and of the pooled vector.
        layers: of the decoder; 0 for one attention without any weights but the query.
        heads: of attention in a decoder.
        inner: width of its feed-forward layers; four times the width where 0.
        dropout: in a decoder.
        pooling: or its name; `mean` and `max` pool as many feed-forward layers of each frame.
    """

    width: int
    layers: int = 0
    heads: int = 4
    inner: int = 0
    dropout: float = 0.1
    pooling: Pooling = Pooling.QUERY

    def __post_init__(self) -> None:
        object.__setattr__(self, "pooling", Pooling(self.pooling))

    def pooler(self) -> QueryPooler | QueryDecoder | FramePooler:
        """The pooler of these sizes, with first weights."""
        if self.pooling is not Pooling.QUERY:
            return FramePooler(self)
        return QueryDecoder(self) if self.layers else QueryPooler(self)


class QueryPooler(nn.Module):
    """softmax(q · xₜ / √width) weighs the frames; q is learned and starts as ones (Sy et al. 2026).

    Args:
        sizes: `layers` is 0.
    """

    def __init__(self, sizes: QuerySizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.query = nn.Parameter(torch.ones(sizes.width))

    def forward(self, frames: Tensor, mask: Tensor) -> Tensor:
        """Map frames (B, T, width) and their mask (B, T) to (B, width)."""
        query = self.query.expand(len(frames), 1, -1)
        kept = torch.where(mask[..., None], frames, 0.0)
        pooled: Tensor = F.scaled_dot_product_attention(
            query, kept, kept, attn_mask=_bias(mask, frames)[:, None]
        )
        return pooled[:, 0]


class QueryDecoder(nn.Module):
    """A small Transformer decoder whose only input is one learned query; it attends to the frames.

    After SONAR's speech pooler, which starts from the embedding of BOS (Duquenne et al. 2023,
    https://arxiv.org/abs/2308.11466): layers normalised at their end, a last linear layer without bias.

    Args:
        sizes: `layers` is at least 1.
    """

    def __init__(self, sizes: QuerySizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.query = nn.Parameter(torch.randn(sizes.width) * sizes.width**-0.5)
        layer = nn.TransformerDecoderLayer(
            sizes.width, sizes.heads, sizes.inner or 4 * sizes.width, sizes.dropout, batch_first=True
        )
        self.decoder = nn.TransformerDecoder(layer, sizes.layers)
        self.leave = nn.Linear(sizes.width, sizes.width, bias=False)

    def forward(self, frames: Tensor, mask: Tensor) -> Tensor:
        """Map frames (B, T, width) and their mask (B, T) to (B, width)."""
        query = self.query.expand(len(frames), 1, -1)
        kept = torch.where(mask[..., None], frames, 0.0)
        decoded = self.decoder(query, kept, memory_key_padding_mask=_bias(mask, frames))
        pooled: Tensor = self.leave(decoded[:, 0])
        return pooled


class FramePooler(nn.Module):
    """Feed-forward layers of each frame for itself, their mean or maximum, a last linear layer without bias.

    Args:
        sizes: `pooling` is not `query`.
    """

    def __init__(self, sizes: QuerySizes) -> None:
        super().__init__()
        self.sizes = sizes
        inner = sizes.inner or 4 * sizes.width
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.LayerNorm(sizes.width),
                nn.Linear(sizes.width, inner),
                nn.GELU(),
                nn.Dropout(sizes.dropout),
                nn.Linear(inner, sizes.width),
            )
            for _ in range(sizes.layers)
        )
        self.norm = nn.LayerNorm(sizes.width)
        self.leave = nn.Linear(sizes.width, sizes.width, bias=False)

    def forward(self, frames: Tensor, mask: Tensor) -> Tensor:
        """Map frames (B, T, width) and their mask (B, T) to (B, width)."""
        kept = mask[..., None]
        states = torch.where(kept, frames, 0.0)
        for layer in self.layers:
            states = states + layer(states)
        states = self.norm(states)
        if self.sizes.pooling is Pooling.MAX:
            pooled = states.masked_fill(~kept, -torch.inf).amax(1)
        else:
            pooled = torch.where(kept, states, 0.0).sum(1) / kept.sum(1)
        left: Tensor = self.leave(pooled)
        return left


def _bias(mask: Tensor, like: Tensor) -> Tensor:
    """0 where there is content and −inf elsewhere, (B, T)."""
    return torch.zeros_like(mask, dtype=like.dtype).masked_fill(~mask, -torch.inf)
