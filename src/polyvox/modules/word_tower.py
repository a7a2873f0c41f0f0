"""The speech tower that knows words: sounds, then where words end and under which key to look them up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

from polyvox.modules.meaning import merge_sounds
from polyvox.modules.sounds import Sounds, SoundsConfig
from polyvox.modules.tower_files import WORD_TOWER
from polyvox.modules.word_spotter import PronunciationKeys, SpotterConfig, WordSpotter

OUTPUTS = ("sounds", "queries", "ends", "last_frames")


class WordTower(nn.Module):
    """Log-mel features to what `polyvox.encode.words` needs to find the words of a recording.

    Args:
        inventory: the IPA letters in the order of the output, the first one empty for the blank.
        sounds: sizes of the lower half.
        spotter: sizes of the upper half.
        blank_bias: taken from the log-odds of the blank before sounds are merged; above 0 fewer sounds are
            missed and more are imagined.
    """

    def __init__(
        self, inventory: Sequence[str], sounds: SoundsConfig, spotter: SpotterConfig, blank_bias: float = 0.0
    ) -> None:
        super().__init__()
        self.inventory = list(inventory)
        self.blank_bias = blank_bias
        self.sounds = Sounds(sounds)
        self.spotter = WordSpotter(spotter)
        self.keys = PronunciationKeys(spotter.sounds, spotter.key)

    def forward(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Hear recordings.

        Args:
            features: (B, T, 80), padded at the end with anything.
            lengths: (B,), frames of each recording.

        Returns:
            Log-likelihoods of the sounds (B, ceil(T/4), sounds); for each of S merged sounds a query
            (B, S, key), the log-odds that a word ends there (B, S), −inf where there is no sound, and the
            frame, of ceil(T/4), in which the sound ends (B, S).
        """
        logits, mask = self.sounds(features, lengths)
        logits = logits.float()
        bias = torch.zeros(logits.shape[-1], device=logits.device)
        bias[0] = self.blank_bias
        merged, kept, last_frames = merge_sounds(torch.softmax(logits - bias, -1), mask)
        queries, ends = self.spotter(merged, kept)
        return torch.log_softmax(logits, -1), queries, ends.masked_fill(~kept, -torch.inf), last_frames

    def save(self, folder: Path) -> None:
        """Write `words.json` and `words.safetensors`."""
        config = {
            "inventory": self.inventory,
            "blank_bias": self.blank_bias,
            "sounds": asdict(self.sounds.config),
            "spotter": asdict(self.spotter.config),
        }
        WORD_TOWER.write(folder, self, config)

    @classmethod
    def load(cls, folder: Path) -> WordTower:
        """Read what `save` wrote.

        Raises:
            PolyvoxError: the folder holds no such tower.
        """
        config, weights = WORD_TOWER.read(folder)
        tower = cls(
            config["inventory"],
            SoundsConfig(**config["sounds"]),
            SpotterConfig(**config["spotter"]),
            config["blank_bias"],
        )
        tower.load_state_dict(weights)
        return tower
