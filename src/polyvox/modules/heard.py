"""What a speech tower makes of a batch of recordings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, Self

from torch import Tensor

from polyvox.modules.meaning import MeaningConfig
from polyvox.modules.sounds import SoundsConfig


class Heard(NamedTuple):
    """Unit vectors (B, dimension), log-odds of the sounds (B, T, sounds) and their mask (B, T)."""

    vectors: Tensor
    logits: Tensor
    mask: Tensor


class Tower(Protocol):
    """What every speech tower can do; `inventory` names its sounds, the blank first."""

    inventory: list[str]

    def __init__(self, inventory: Sequence[str], sounds: SoundsConfig, meaning: MeaningConfig, /) -> None: ...

    def hear(self, features: Tensor, lengths: Tensor) -> Heard:
        """Map features (B, T, 80) with their lengths (B,)."""
        ...

    def save(self, folder: Path) -> None:
        """Write `config.json` and `model.safetensors`."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        ...
