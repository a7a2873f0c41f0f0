"""A speech encoder that learns by guessing hidden stretches: no text is needed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from polyvox.encode.features import MELS
from polyvox.errors import PolyvoxError
from polyvox.modules.sounds import Sounds, SoundsConfig
from polyvox.modules.tower_files import TowerFiles

FILES = TowerFiles("encoder.json", "encoder.safetensors", "encoder of masked prediction")
STACK = 4
"""Log-mel frames that one frame of the encoder stands for."""


@dataclass(frozen=True, slots=True)
class MaskedConfig:
    """Sizes of the encoder, and of the codes that it guesses: `codebooks` of `codes` each."""

    codebooks: int
    codes: int
    width: int = 256
    layers: int = 5
    heads: int = 4
    kernel: int = 11
    dropout: float = 0.0

    def body(self) -> SoundsConfig:
        """The same sizes for the body, whose sounds are the codes of all codebooks."""
        outputs = self.codebooks * self.codes
        return SoundsConfig(outputs, self.width, self.layers, self.heads, self.kernel, self.dropout)


class MaskedEncoder(nn.Module):
    """The body of `Sounds` behind a mask: hidden log-mel frames become one learned vector.

    Args:
        config: sizes.
    """

    def __init__(self, config: MaskedConfig) -> None:
        super().__init__()
        self.config = config
        self.hidden = nn.Parameter(torch.zeros(MELS))
        self.body = Sounds(config.body())

    def forward(self, features: Tensor, lengths: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Guess the codes of every frame.

        Args:
            features: (B, T, 80), padded at the end with anything.
            lengths: (B,), log-mel frames of each recording.
            hidden: (B, ceil(T/4)), True for the frames whose four log-mel frames the encoder must not see.

        Returns:
            Logits (B, ceil(T/4), codebooks, codes) and the mask (B, ceil(T/4)), True where there is content.
        """
        covered = hidden.repeat_interleave(STACK, 1)[:, : features.shape[1], None]
        logits, mask = self.body(torch.where(covered, self.hidden, features), lengths)
        return logits.view(*mask.shape, self.config.codebooks, self.config.codes), mask

    def layers(self, features: Tensor, lengths: Tensor) -> tuple[list[Tensor], Tensor]:
        """The states of all layers with nothing hidden; see `Sounds.layers`."""
        return self.body.layers(features, lengths)

    def save(self, folder: Path) -> None:
        """Write `encoder.json` and `encoder.safetensors`."""
        FILES.write(folder, self, asdict(self.config))

    @classmethod
    def load(cls, folder: Path) -> MaskedEncoder:
        """Read what `save` wrote.

        Raises:
            PolyvoxError: the folder holds no such encoder.
        """
        config, weights = FILES.read(folder)
        try:
            encoder = cls(MaskedConfig(**config))
            encoder.load_state_dict(weights)
        except (TypeError, RuntimeError) as error:
            raise PolyvoxError(f"{folder}: its encoder is damaged: {error}") from error
        return encoder
