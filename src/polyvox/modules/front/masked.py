"""An encoder that the recipe `masked-speech` trained, as a front."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

import torch

from polyvox.encode.features import FRAMES_PER_SECOND, log_mel
from polyvox.item import Audio
from polyvox.modules.front.protocol import Frames
from polyvox.modules.front.settings import Settings, slowed, write_settings
from polyvox.modules.masked_encoder import STACK, MaskedEncoder

KIND = "masked"


class MaskedFront:
    """Hidden states of a `MaskedEncoder`, 25 frames a second, one recording at a time.

    Args:
        encoder: the weights.
        settings: layers and stride; layer 0 is what goes into the first block.
    """

    def __init__(self, encoder: MaskedEncoder, settings: Settings) -> None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self._device = torch.device(device)
        self._encoder = encoder.eval().requires_grad_(False).to(self._device)
        self._layers = settings.chosen(encoder.config.layers, "the encoder of masked prediction")
        self._stride = settings.stride_for(FRAMES_PER_SECOND / STACK)

    @property
    def width(self) -> int:
        """Values a frame."""
        return self._encoder.config.width * len(self._layers)

    @property
    def rate(self) -> float:
        """Frames a second."""
        return FRAMES_PER_SECOND / STACK / self._stride

    @cached_property
    def fingerprint(self) -> str:
        """Over the weights, the layers and the stride."""
        digest = hashlib.sha256(json.dumps(asdict(self._encoder.config)).encode())
        digest.update(f"{self._layers} {self._stride}".encode())
        for name, weights in sorted(self._encoder.state_dict().items()):
            digest.update(name.encode())
            digest.update(weights.cpu().numpy().tobytes())
        return digest.hexdigest()[:16]

    def frames(self, recordings: Sequence[Audio]) -> list[Frames]:
        """One array (ceil(features / 4 / stride), width) a recording."""
        return [self._heard(recording) for recording in recordings]

    def save(self, folder: Path) -> None:
        """Write the encoder and `front.json`."""
        self._encoder.save(folder)
        write_settings(folder, KIND, self._layers, self._stride)

    @torch.inference_mode()
    def _heard(self, recording: Audio) -> Frames:
        features = torch.from_numpy(log_mel(recording)).to(self._device)
        lengths = torch.tensor([len(features)], device=self._device)
        layers, _ = self._encoder.layers(features[None], lengths)
        chosen = torch.cat([layers[layer][0] for layer in self._layers], dim=1)
        return slowed(chosen.cpu().numpy(), self._stride)


def open_masked(folder: Path, settings: Settings) -> MaskedFront:
    """The front in a folder that training or `save` wrote.

    Raises:
        PolyvoxError: the folder holds no such encoder.
    """
    return MaskedFront(MaskedEncoder.load(folder), settings)
