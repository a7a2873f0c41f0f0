"""A spectrogram branch that nobody trained: convolutions with random weights over the log-mel picture.

Random filters with rectification and pooling carry much of what a trained network of the same shape would
(Jarrett et al. 2009, "What is the best multi-stage architecture for object recognition?").
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from polyvox.encode.features import MELS, log_mel
from polyvox.errors import PolyvoxError
from polyvox.item import Audio
from polyvox.modules.branches.protocol import BRANCH_FILE, Views, unit_rows

KIND = "random-convolutions"
_WEIGHTS = "convolutions.safetensors"
_CHANNELS = (1, 16, 32, 64)
_SEED = 20241218
_AREAS = 5
"""Ranges of frequency that are pooled for themselves."""


class RandomConvolutions(nn.Module):
    """Three random 3 x 3 convolutions with stride 2; mean and maximum over time of each range of frequency.

    Args:
        weights: of the convolutions, (out, in, 3, 3) each.
    """

    def __init__(self, weights: Sequence[Tensor]) -> None:
        super().__init__()
        self.filters = nn.ParameterList([nn.Parameter(one, requires_grad=False) for one in weights])

    @classmethod
    def drawn(cls) -> RandomConvolutions:
        """The branch with the weights of one fixed seed: filters of mean 0 and length √2."""
        dice = np.random.default_rng(_SEED)
        weights = []
        for before, after in pairwise(_CHANNELS):
            drawn = dice.standard_normal((after, before, 3, 3))
            drawn -= drawn.mean(axis=(1, 2, 3), keepdims=True)
            drawn *= np.sqrt(2) / np.sqrt((drawn**2).sum(axis=(1, 2, 3), keepdims=True))
            weights.append(torch.from_numpy(drawn.astype(np.float32)))
        return cls(weights)

    @property
    def width(self) -> int:
        """Values of a vector."""
        return 2 * _AREAS * len(self.filters[-1])

    @cached_property
    def fingerprint(self) -> str:
        """Over the weights."""
        digest = hashlib.sha256()
        for one in self.filters:
            digest.update(one.detach().cpu().numpy().tobytes())
        return f"{KIND}-{digest.hexdigest()[:16]}"

    @torch.inference_mode()
    def views(self, recordings: Sequence[Audio]) -> Views:
        """One row a recording, (N, 640); one recording at a time, so that none is padded."""
        rows = [self._seen(torch.from_numpy(log_mel(recording))).numpy() for recording in recordings]
        return unit_rows(np.stack(rows)) if rows else np.zeros((0, self.width), np.float32)

    def save(self, folder: Path) -> None:
        """Write `branch.json` and the weights."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / BRANCH_FILE).write_text(json.dumps({"kind": KIND}) + "\n", encoding="utf-8")
        weights = {str(place): one.detach().contiguous() for place, one in enumerate(self.filters)}
        save_file(weights, folder / _WEIGHTS)

    @classmethod
    def load(cls, folder: Path) -> RandomConvolutions:
        """Read what `save` wrote.

        Raises:
            PolyvoxError: the weights are missing.
        """
        if not (folder / _WEIGHTS).is_file():
            raise PolyvoxError(f"{folder}: {_WEIGHTS} is missing; save the branch again")
        weights = load_file(folder / _WEIGHTS)
        return cls([weights[str(place)] for place in range(len(weights))])

    def _seen(self, features: Tensor) -> Tensor:
        """The vector of features (T, 80)."""
        picture = features.T.reshape(1, 1, MELS, -1)
        for one in self.filters:
            picture = F.relu(F.conv2d(picture, one, stride=2, padding=1))
        areas = [area.flatten(2) for area in picture.chunk(_AREAS, dim=2)]
        return torch.cat([pooled for area in areas for pooled in (area.mean(2)[0], area.amax(2)[0])])
