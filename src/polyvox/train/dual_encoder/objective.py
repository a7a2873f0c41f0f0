"""What the one tower learns by: contrast in both directions, with a margin and spread-out terms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sentence_transformers import SentenceTransformer
from torch import Tensor, nn

from polyvox.train.dual_encoder.dual_section import Dual
from polyvox.train.losses.additive_margin import additive_margin
from polyvox.train.losses.learned_scale import LearnedScale
from polyvox.train.losses.spread_out import spread_out


class DualObjective(nn.Module):
    """L = L(left→right) + L(right→left) + weight · (spread-out(left) + spread-out(right)), 2404.01616.

    Cosines stand for the paper's dot products, so that the scale is explicit; directions are averaged.

    Args:
        model: the tower.
        dual: scale, margin and weights.
    """

    def __init__(self, model: SentenceTransformer, dual: Dual) -> None:
        super().__init__()
        self.model = model
        self._dual = dual
        self.scale = LearnedScale(dual.scale) if dual.learned_scale else None

    def forward(
        self, sentence_features: Iterable[dict[str, Any]], labels: Tensor | None = None
    ) -> dict[str, Tensor]:
        """The losses by name; rows with one label mean the same."""
        left, right = (self.model(dict(side))["sentence_embedding"] for side in sentence_features)
        same = None if labels is None else labels[:, None] == labels[None, :]
        scale = self.scale() if self.scale else self._dual.scale
        contrast = additive_margin(left, right, scale=scale, margin=self._dual.margin, same=same)
        found = {"contrastive": contrast}
        if self._dual.spread_out:
            apart = spread_out(left, same=same) + spread_out(right, same=same)
            found["spread_out"] = self._dual.spread_out * apart
        return found
