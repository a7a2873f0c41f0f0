"""What masked prediction guesses: codes of stretches of 40 ms, computed from the features alone.

Every codebook is a row of linear scores, and a frame's code is the highest of them: the codebook entry c that
is nearest to a projected frame P·x has the highest 2·cᵀP·x − |c|².
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import faiss
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F

from polyvox.errors import PolyvoxError
from polyvox.modules.masked_encoder import STACK
from polyvox.train.masked.recipe import Codes, Targets

Sample = NDArray[np.float32]


class Quantiser:
    """Log-mel features to codes.

    Args:
        mean: (320,) of the stacked features.
        deviation: (320,) of the same.
        weights: (codebooks, 320, size).
        offsets: (codebooks, size).
    """

    def __init__(self, mean: Tensor, deviation: Tensor, weights: Tensor, offsets: Tensor) -> None:
        self._tensors = {"mean": mean, "deviation": deviation, "weights": weights, "offsets": offsets}

    @torch.no_grad()
    def codes(self, features: Tensor) -> Tensor:
        """Features (B, T, 80), padded with zeros, to codes (B, ceil(T/4), codebooks)."""
        tensors = self._tensors
        frames = (stacked(features) - tensors["mean"]) / tensors["deviation"]
        return torch.stack(
            [
                (frames @ weights + offsets).argmax(-1)
                for weights, offsets in zip(tensors["weights"], tensors["offsets"], strict=True)
            ],
            dim=-1,
        )

    def save(self, path: Path) -> None:
        """Write one safetensors file, whole or not at all."""
        partial = path.with_suffix(".partial")
        save_file({name: tensor.contiguous() for name, tensor in self._tensors.items()}, partial)
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> Quantiser:
        """Read what `save` wrote."""
        tensors = load_file(path)
        return cls(tensors["mean"], tensors["deviation"], tensors["weights"], tensors["offsets"])


def stacked(features: Tensor) -> Tensor:
    """Features (B, T, 80) as (B, ceil(T/4), 320), filled up with zeros at the end."""
    padded = F.pad(features, (0, 0, 0, -features.shape[1] % STACK))
    return padded.reshape(padded.shape[0], -1, STACK * features.shape[2])


def learn_quantiser(sample: Sample, targets: Targets) -> Quantiser:
    """Make the codebooks that a recipe asks for.

    Args:
        sample: stacked features (N, 320) of training recordings.
        targets: the section of the recipe.

    Raises:
        PolyvoxError: fewer frames than clusters.
    """
    mean, deviation = sample.mean(axis=0), np.maximum(sample.std(axis=0), 1e-3)
    normal = np.ascontiguousarray((sample - mean) / deviation, np.float32)
    weights, offsets = MAKERS[targets.codes](normal, targets)
    return Quantiser(torch.from_numpy(mean), torch.from_numpy(deviation), weights, offsets)


def _random(normal: Sample, targets: Targets) -> tuple[Tensor, Tensor]:
    """Random projections and codebooks, compared by cosine (BEST-RQ, Chiu et al. 2022, arXiv 2202.01855)."""
    generator = torch.Generator().manual_seed(targets.seed)
    inputs = normal.shape[1]
    spread = (6 / (inputs + targets.width)) ** 0.5
    shape = (targets.codebooks, inputs, targets.width)
    projections = (torch.rand(shape, generator=generator) * 2 - 1) * spread
    entries = torch.randn((targets.codebooks, targets.size, targets.width), generator=generator)
    # The length of a projected frame changes no order, so only the entries need to be of unit length.
    return projections @ F.normalize(entries, dim=-1).transpose(1, 2), torch.zeros(entries.shape[:2])


def _clusters(normal: Sample, targets: Targets) -> tuple[Tensor, Tensor]:
    """Centres of k-means (HuBERT, Hsu et al. 2021, arXiv 2106.07447), one clustering a codebook."""
    if len(normal) < targets.size:
        raise PolyvoxError(
            f"[targets] size: {targets.size} clusters need as many frames, but there are {len(normal)}"
        )
    centres = []
    for number in range(targets.codebooks):
        means = faiss.Kmeans(
            normal.shape[1],
            targets.size,
            niter=15,
            seed=targets.seed + number,
            min_points_per_centroid=1,
            max_points_per_centroid=len(normal),
        )
        means.train(normal)
        centres.append(np.asarray(means.centroids, np.float32))
    entries = torch.from_numpy(np.stack(centres))
    return 2 * entries.transpose(1, 2), -entries.square().sum(-1)


MAKERS: Mapping[Codes, Callable[[Sample, Targets], tuple[Tensor, Tensor]]] = {
    Codes.RANDOM: _random,
    Codes.CLUSTERS: _clusters,
}
