"""Heads of several widths: one linear layer each, or the prefixes of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar, Self

from torch import Tensor, nn
from torch.nn import functional as F

from polyvox.errors import PolyvoxError
from polyvox.modules.heads.learned_query import QuerySizes
from polyvox.modules.tower_files import TowerFiles

WIDTH_HEAD = TowerFiles("head.json", "head.safetensors", "head of several widths")


@dataclass(frozen=True, slots=True)
class WidthSizes:
    """Sizes of such a head.

    Attributes:
        query: of its pooling.
        widths: of the vectors, widest first.

    Raises:
        PolyvoxError: there is no width, or they do not fall.
    """

    query: QuerySizes
    widths: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.widths or list(self.widths) != sorted(set(self.widths), reverse=True):
            raise PolyvoxError(f"the widths of a head must fall, got {list(self.widths)}")


class WidthHead(nn.Module):
    """What heads of several widths share: one pooling by a learned query, and how they are kept.

    Args:
        sizes: of pooling and vectors.
    """

    kind: ClassVar[str]

    def __init__(self, sizes: WidthSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.pool = sizes.query.pooler()

    @property
    def dimension(self) -> int:
        """Width of the widest vector."""
        return self.sizes.widths[0]

    def save(self, folder: Path) -> None:
        """Write sizes and weights."""
        WIDTH_HEAD.write(folder, self, {"kind": self.kind, "sizes": asdict(self.sizes)})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            PolyvoxError: the folder holds no such head.
        """
        head = cls(_saved_sizes(folder, cls.kind))
        head.load_state_dict(WIDTH_HEAD.read(folder)[1])
        return head.eval()


class SeparateHeads(WidthHead):
    """One pooling by a learned query, and a linear layer of its own for each width (Sy et al. 2026).

    A short vector is no prefix of a long one, so an index of another width needs all recordings again.

    Args:
        sizes: of pooling and vectors.
    """

    kind = "separate"

    def __init__(self, sizes: WidthSizes) -> None:
        super().__init__(sizes)
        self.layers = nn.ModuleList(nn.Linear(sizes.query.width, width) for width in sizes.widths)

    def at_widths(self, frames: Tensor, mask: Tensor) -> dict[int, Tensor]:
        """Map frames (B, T, front) and their mask to a vector of each width, (B, width), of any length."""
        pooled = self.pool(frames, mask)
        return {width: layer(pooled) for width, layer in zip(self.sizes.widths, self.layers, strict=True)}

    def forward(self, frames: Tensor, mask: Tensor) -> Tensor:
        """The widest vectors, (B, dimension), of unit length."""
        return F.normalize(self.layers[0](self.pool(frames, mask)), dim=-1)


class NestedHead(WidthHead):
    """One pooling by a learned query and one linear layer; short vectors are prefixes (Kusupati et al. 2022).

    Args:
        sizes: of pooling and vectors.
    """

    kind = "nested"

    def __init__(self, sizes: WidthSizes) -> None:
        super().__init__(sizes)
        self.layer = nn.Linear(sizes.query.width, sizes.widths[0])

    def at_widths(self, frames: Tensor, mask: Tensor) -> dict[int, Tensor]:
        """Map frames (B, T, front) and their mask to a vector of each width, (B, width), of any length."""
        return prefixes(self.layer(self.pool(frames, mask)), self.sizes.widths)

    def forward(self, frames: Tensor, mask: Tensor) -> Tensor:
        """The widest vectors, (B, dimension), of unit length."""
        return F.normalize(self.layer(self.pool(frames, mask)), dim=-1)


def prefixes(vectors: Tensor, widths: Sequence[int]) -> dict[int, Tensor]:
    """The first values of vectors (B, D) by width.

    >>> import torch
    >>> {width: part.tolist() for width, part in prefixes(torch.tensor([[3.0, 4.0]]), [2, 1]).items()}
    {2: [[3.0, 4.0]], 1: [[3.0]]}
    """
    return {width: vectors[:, :width] for width in widths}


def _saved_sizes(folder: Path, kind: str) -> WidthSizes:
    config: Mapping[str, object] = WIDTH_HEAD.read(folder)[0]
    sizes = config.get("sizes")
    if config.get("kind") != kind or not isinstance(sizes, dict):
        raise PolyvoxError(f"{folder} holds no {kind} head, but {config.get('kind')!r}")
    return WidthSizes(QuerySizes(**sizes["query"]), tuple(sizes["widths"]))
