"""Which frames are hidden from the encoder: stretches that begin anywhere."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def hidden_stretches(frames: list[int], start: float, span: int, dice: np.random.Generator) -> Tensor:
    """Draw stretches of `span` frames, which may overlap; every recording has one at least.

    Args:
        frames: of each recording.
        start: chance that a stretch begins at a frame.
        span: frames of a stretch.
        dice: where chance comes from.

    Returns:
        (B, max frames), True where a frame is hidden; never beyond the end of a recording.
    """
    hidden = np.zeros((len(frames), max(frames)), np.bool_)
    for row, length in zip(hidden, frames, strict=True):
        begins = dice.random(length) < start
        begins[int(dice.integers(length))] = True
        for place in np.flatnonzero(begins):
            row[place : min(place + span, length)] = True
    return torch.from_numpy(hidden)
