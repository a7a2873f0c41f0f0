"""Pooling by a learned query: what a recording is about, asked of its frames."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class QuerySizes:
    """Sizes of a pooler.

    Attributes:
        width: values of a frame, and of the pooled vector.
        layers: of the decoder; 0 for one attention without any weights but the query.
        heads: of attention in a decoder.
        inner: width of its feed-forward layers; four times the width where 0.
        dropout: in a decoder.
    """

    width: int
    layers: int = 0
    heads: int = 4
    inner: int = 0
    dropout: float = 0.1

    def pooler(self) -> QueryPooler | QueryDecoder:
        """The pooler of these sizes, with first weights."""
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


def _bias(mask: Tensor, like: Tensor) -> Tensor:
    """0 where there is content and −inf elsewhere, (B, T)."""
    return torch.zeros_like(mask, dtype=like.dtype).masked_fill(~mask, -torch.inf)
