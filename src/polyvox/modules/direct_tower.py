"""A speech tower whose upper half reads what the lower half hears directly, not through sounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from torch import Tensor, nn

from polyvox.errors import PolyvoxError
from polyvox.modules.heard import Heard
from polyvox.modules.meaning import Meaning, MeaningConfig
from polyvox.modules.sounds import Sounds, SoundsConfig
from polyvox.modules.tower_files import SPEECH_TOWER


class DirectTower(nn.Module):
    """Log-mel features to unit vectors; the sounds are a side output that an auxiliary CTC loss may use.

    For languages without letter-to-sound rules: nothing is lost where the sounds are unknown or few.

    Args:
        inventory: the labels of the side output, the first one empty for the blank; `[""]` for none.
        sounds: sizes of the lower half.
        meaning: sizes of the upper half; its `sounds` is the width of the lower half.

    Raises:
        PolyvoxError: the two halves do not fit together.
    """

    def __init__(self, inventory: Sequence[str], sounds: SoundsConfig, meaning: MeaningConfig) -> None:
        super().__init__()
        if meaning.sounds != sounds.width:
            raise PolyvoxError(
                f"the upper half reads {meaning.sounds} values a frame, the lower half gives {sounds.width}"
            )
        self.inventory = list(inventory)
        self.sounds = Sounds(sounds)
        self.meaning = Meaning(meaning)

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Map features (B, T, 80) with their lengths (B,) to unit vectors (B, dimension)."""
        return self.hear(features, lengths).vectors

    def hear(self, features: Tensor, lengths: Tensor) -> Heard:
        """What `forward` gives, and the log-odds of the labels on the way to it."""
        states, mask = self.sounds.states(features, lengths)
        # `Meaning` multiplies its input by the root of its width, which suits distributions, not states.
        vectors = self.meaning(states / math.sqrt(self.meaning.config.width), mask)
        return Heard(vectors, self.sounds.head(states), mask)

    def save(self, folder: Path) -> None:
        """Write `config.json` and `model.safetensors`."""
        config = {
            "inventory": self.inventory,
            "sounds": asdict(self.sounds.config),
            "meaning": asdict(self.meaning.config),
        }
        SPEECH_TOWER.write(folder, self, config)

    @classmethod
    def load(cls, folder: Path) -> DirectTower:
        """Read what `save` wrote.

        Raises:
            PolyvoxError: the folder holds no speech tower.
        """
        config, weights = SPEECH_TOWER.read(folder)
        tower = cls(config["inventory"], SoundsConfig(**config["sounds"]), MeaningConfig(**config["meaning"]))
        tower.load_state_dict(weights)
        return tower
