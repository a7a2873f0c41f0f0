"""The speech tower: sounds, then meaning, as one module that saves and loads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

from polyvox.modules.heard import Heard
from polyvox.modules.meaning import Meaning, MeaningConfig, merge_sounds
from polyvox.modules.sounds import Sounds, SoundsConfig
from polyvox.modules.tower_files import SPEECH_TOWER


class SpeechTower(nn.Module):
    """Log-mel features to unit vectors of the text space.

    Args:
        inventory: the IPA letters in the order of the output, the first one empty for the blank.
        sounds: sizes of the lower half.
        meaning: sizes of the upper half.
        blank_bias: taken from the log-odds of the blank before sounds are merged; above 0 fewer sounds are
            missed and more are imagined.
    """

    def __init__(
        self, inventory: Sequence[str], sounds: SoundsConfig, meaning: MeaningConfig, blank_bias: float = 0.0
    ) -> None:
        super().__init__()
        self.inventory = list(inventory)
        self.blank_bias = blank_bias
        self.sounds = Sounds(sounds)
        self.meaning = Meaning(meaning)

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Map features (B, T, 80) with their lengths (B,) to unit vectors (B, dimension)."""
        return self.hear(features, lengths).vectors

    def hear(self, features: Tensor, lengths: Tensor) -> Heard:
        """What `forward` gives, and the sounds on the way to it."""
        logits, mask = self.sounds(features, lengths)
        return Heard(self.understand(logits, mask), logits, mask)

    def understand(self, logits: Tensor, mask: Tensor) -> Tensor:
        """The upper half alone: log-odds of sounds (B, T, sounds) and their mask to unit vectors."""
        bias = torch.zeros(logits.shape[-1], device=logits.device)
        bias[0] = self.blank_bias
        merged, kept, _ = merge_sounds(torch.softmax(logits.float() - bias, -1), mask)
        vectors: Tensor = self.meaning(merged, kept)
        return vectors

    def save(self, folder: Path) -> None:
        """Write `config.json` and `model.safetensors`."""
        config = {
            "inventory": self.inventory,
            "blank_bias": self.blank_bias,
            "sounds": asdict(self.sounds.config),
            "meaning": asdict(self.meaning.config),
        }
        SPEECH_TOWER.write(folder, self, config)

    @classmethod
    def load(cls, folder: Path) -> SpeechTower:
        """Read what `save` wrote.

        Raises:
            PolyvoxError: the folder holds no speech tower.
        """
        config, weights = SPEECH_TOWER.read(folder)
        tower = cls(
            config["inventory"],
            SoundsConfig(**config["sounds"]),
            MeaningConfig(**config["meaning"]),
            config["blank_bias"],
        )
        tower.load_state_dict(weights)
        return tower
