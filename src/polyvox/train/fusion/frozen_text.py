"""The frozen text model of a recipe: opened or trained, with its vectors of texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from polyvox.encode.hub import HubEncoder
from polyvox.encode.protocol import Vectors
from polyvox.train.fusion.sections import TRAIN_HERE, FusionRecipe
from polyvox.train.fusion.text_stage import train_text

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


@dataclass(frozen=True, slots=True)
class FrozenText:
    """A sentence-transformers text model that nothing here changes."""

    encoder: HubEncoder

    @property
    def model(self) -> SentenceTransformer:
        """The model itself."""
        return self.encoder.model

    @property
    def modules(self) -> list[Any]:
        """Its modules, in order."""
        return list(self.model.children())

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of texts without any prompt, (N, D)."""
        found = self.model.encode(
            list(texts), prompt="", normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return np.asarray(found, np.float32).reshape(len(texts), self.encoder.card.dimension)


def frozen_text(recipe: FusionRecipe, data: Path, out: Path) -> FrozenText:
    """Open the text model, after training it where the recipe says so.

    Raises:
        PolyvoxError: there is no such model, or its training cannot start.
    """
    name = recipe.text.name
    if name == TRAIN_HERE:
        name = str(train_text(recipe.text.small, recipe.speech.dimensions, data, out / "text", recipe.seed))
    text = FrozenText(HubEncoder(name))
    for module in text.modules:
        module.requires_grad_(False).eval()
    return text
