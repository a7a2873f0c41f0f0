"""The frozen text teacher: its vectors for training, its modules for the finished model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from polyvox.encode import Encoder, load_encoder
from polyvox.encode.hub import HubEncoder
from polyvox.encode.load import DEFAULT_MODEL, default_model_folder
from polyvox.errors import PolyvoxError
from polyvox.item import Modality

_MOST_KEPT = 200_000
"""Texts whose vectors are kept; more would take memory that a stream has no bound on."""


class Teacher:
    """Turns texts into frozen vectors and remembers them.

    Args:
        name: "default", the folder of a light model, or a sentence-transformers model.

    Raises:
        PolyvoxError: there is no such model, or it does not read text.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._encoder: Encoder = load_encoder(name)
        if Modality.TEXT not in self._encoder.card.modalities:
            raise PolyvoxError(f"the teacher {name!r} does not read text; choose another in [model] teacher")
        self._kept: dict[str, NDArray[np.float32]] = {}

    @property
    def dimension(self) -> int:
        """Width of the vectors."""
        return self._encoder.card.dimension

    @property
    def fingerprint(self) -> str:
        """What identifies the space."""
        return self._encoder.card.fingerprint

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors (N, dimension), float32; a zero row for an empty text."""
        missing = sorted({text for text in texts if text} - self._kept.keys())
        if missing:
            if len(self._kept) + len(missing) > _MOST_KEPT:
                self._kept.clear()
                missing = sorted({text for text in texts if text})
            # An autocast around the training step must not reach the teacher.
            with (
                torch.no_grad(),
                torch.autocast("cpu", enabled=False),
                torch.autocast("cuda", enabled=False),
            ):
                vectors = self._encoder.encode_text(missing)
            self._kept.update(zip(missing, vectors, strict=True))
        nothing = np.zeros(self.dimension, np.float32)
        return torch.from_numpy(np.stack([self._kept[text] if text else nothing for text in texts]))

    def modules(self) -> tuple[list[Any], dict[str, str]]:
        """The text modules for a finished model, and their prompts."""
        if isinstance(self._encoder, HubEncoder):
            model = self._encoder.model
            return _text_modules(model), {name: text or "" for name, text in model.prompts.items()}
        from polyvox.modules.static_text import StaticText

        folder = default_model_folder() if self._name == DEFAULT_MODEL else Path(self._name)
        return [StaticText.from_light(folder)], {}


def _text_modules(model: Any) -> list[Any]:  # noqa: ANN401 - a library model
    from sentence_transformers.base.modules import Router

    first = model[0]
    if isinstance(first, Router):
        route: Any = first.sub_modules["text"]
        return [*route, *list(model.children())[1:]]
    return list(model.children())
