"""Two branches of one recording become one vector: by gates, or by concatenation (CLASP).

Abootorabi and Asgari, CLASP, ECIR 2025, https://arxiv.org/abs/2412.13071. A branch is a vector a recording,
such as the mean of a front's frames or a picture of the spectrum seen by an image model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from polyvox.errors import PolyvoxError
from polyvox.modules.tower_files import TowerFiles

BRANCH_FUSION = TowerFiles("fusion.json", "fusion.safetensors", "fusion of two branches")


@dataclass(frozen=True, slots=True)
class FusionSizes:
    """Widths of the two branches and of the vector that comes out."""

    first: int
    second: int
    dimension: int = 768


class GatedFusion(nn.Module):
    """Each branch gates itself, then a softmax over the units of both weighs them.

    xₖ ← σ(Wᵢx) ⊙ tanh(W꜀x) + σ(W_f x) ⊙ x, then w = softmax(W[x₁; x₂]) over all 2D units, and the result is
    w[:D] ⊙ x₁ + w[D:] ⊙ x₂, made unit length.

    Args:
        sizes: of branches and result; a branch that is not D wide is brought to D by a linear layer.
    """

    def __init__(self, sizes: FusionSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.branches = nn.ModuleList(
            _GatedBranch(width, sizes.dimension) for width in (sizes.first, sizes.second)
        )
        self.weigh = nn.Linear(2 * sizes.dimension, 2 * sizes.dimension)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Map (B, first) and (B, second) to unit vectors (B, dimension)."""
        left, right = (branch(one) for branch, one in zip(self.branches, (first, second), strict=True))
        weights = torch.softmax(self.weigh(torch.cat([left, right], -1)).float(), -1)
        width = self.sizes.dimension
        return F.normalize(weights[:, :width] * left + weights[:, width:] * right, dim=-1)

    def save(self, folder: Path) -> None:
        """Write sizes and weights."""
        _save(self, folder)


class ConcatFusion(nn.Module):
    """An MLP a branch, both results concatenated, an MLP on top.

    A branch: D, BN, ReLU, dropout 0.15 → ¾D, BN, leaky ReLU, dropout 0.1 → D. On top: 2D → 4⁄3 D, BN, leaky
    ReLU → 25⁄24 D, leaky ReLU → D: with D = 768 these are the published 768, 576, 1,024 and 800.

    Args:
        sizes: of branches and result.
    """

    def __init__(self, sizes: FusionSizes) -> None:
        super().__init__()
        self.sizes = sizes
        wide = sizes.dimension
        self.branches = nn.ModuleList(_branch(width, wide) for width in (sizes.first, sizes.second))
        self.top = _top(2 * wide, wide)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Map (B, first) and (B, second) to unit vectors (B, dimension)."""
        seen = [branch(one) for branch, one in zip(self.branches, (first, second), strict=True)]
        return F.normalize(self.top(torch.cat(seen, -1)), dim=-1)

    def save(self, folder: Path) -> None:
        """Write sizes and weights."""
        _save(self, folder)


class OneBranch(nn.Module):
    """No fusion: the layers of `ConcatFusion` on the first branch, without the other one.

    Args:
        sizes: of branches and result.
    """

    place = 0

    def __init__(self, sizes: FusionSizes) -> None:
        super().__init__()
        self.sizes = sizes
        wide = sizes.dimension
        self.branch = _branch((sizes.first, sizes.second)[self.place], wide)
        self.top = _top(wide, wide)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Map (B, first) and (B, second), one of which is not looked at, to unit vectors (B, dimension)."""
        return F.normalize(self.top(self.branch((first, second)[self.place])), dim=-1)

    def save(self, folder: Path) -> None:
        """Write sizes and weights."""
        _save(self, folder)


class OtherBranch(OneBranch):
    """The same on the second branch."""

    place = 1


Fusion = GatedFusion | ConcatFusion | OneBranch
FUSIONS: Mapping[str, type[GatedFusion] | type[ConcatFusion] | type[OneBranch]] = {
    "gating": GatedFusion,
    "concat": ConcatFusion,
    "first": OneBranch,
    "second": OtherBranch,
}
"""The fusions by name; `first` and `second` use one branch alone."""


def load_fusion(folder: Path) -> Fusion:
    """Read what `save` wrote.

    Raises:
        PolyvoxError: the folder holds no fusion, or one of an unknown kind.
    """
    config, weights = BRANCH_FUSION.read(folder)
    kind = config["kind"]
    if kind not in FUSIONS:
        raise PolyvoxError(f"{folder}: the fusion {kind!r} is not one of {', '.join(FUSIONS)}")
    fusion = FUSIONS[kind](FusionSizes(**config["sizes"]))
    fusion.load_state_dict(weights)
    return fusion.eval()


def _save(fusion: Fusion, folder: Path) -> None:
    kinds = {kind: name for name, kind in FUSIONS.items()}
    BRANCH_FUSION.write(folder, fusion, {"kind": kinds[type(fusion)], "sizes": asdict(fusion.sizes)})


class _GatedBranch(nn.Module):
    def __init__(self, width: int, dimension: int) -> None:
        super().__init__()
        self.enter = nn.Identity() if width == dimension else nn.Linear(width, dimension)
        self.write, self.content, self.keep = (nn.Linear(dimension, dimension) for _ in range(3))

    def forward(self, vectors: Tensor) -> Tensor:
        entered = self.enter(vectors)
        written = torch.sigmoid(self.write(entered)) * torch.tanh(self.content(entered))
        gated: Tensor = written + torch.sigmoid(self.keep(entered)) * entered
        return gated


def _branch(width: int, wide: int) -> nn.Sequential:
    narrow = wide * 3 // 4
    return nn.Sequential(
        nn.Linear(width, wide),
        nn.BatchNorm1d(wide),
        nn.ReLU(),
        nn.Dropout(0.15),
        nn.Linear(wide, narrow),
        nn.BatchNorm1d(narrow),
        nn.LeakyReLU(),
        nn.Dropout(0.1),
        nn.Linear(narrow, wide),
    )


def _top(entering: int, wide: int) -> nn.Sequential:
    hidden, narrow = wide * 4 // 3, wide * 25 // 24
    return nn.Sequential(
        nn.Linear(entering, hidden),
        nn.BatchNorm1d(hidden),
        nn.LeakyReLU(),
        nn.Linear(hidden, narrow),
        nn.LeakyReLU(),
        nn.Linear(narrow, wide),
    )
