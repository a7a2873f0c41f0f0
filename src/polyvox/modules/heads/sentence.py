"""The head of SONAR's speech encoders: frames are asked by one learned query what sentence they are."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from polyvox.modules.heads.learned_query import QuerySizes
from polyvox.modules.tower_files import TowerFiles

SENTENCE_HEAD = TowerFiles("head.json", "head.safetensors", "head of one query")


@dataclass(frozen=True, slots=True)
class SentenceSizes:
    """Sizes of the head.

    Attributes:
        frame: values of a frame.
        query: of the pooling; its width is that of the vectors.
    """

    frame: int
    query: QuerySizes


class SentenceHead(nn.Module):
    """Frames to unit vectors: a linear layer to the width of the space, then a decoder of one learned query.

    After Duquenne et al. 2023 (https://arxiv.org/abs/2308.11466), whose vectors have free length.

    Args:
        sizes: of frames and pooling.
    """

    def __init__(self, sizes: SentenceSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.norm = nn.LayerNorm(sizes.frame)
        self.entry = nn.Linear(sizes.frame, sizes.query.width)
        self.pool = sizes.query.pooler()

    @property
    def dimension(self) -> int:
        """Width of the vectors."""
        return self.sizes.query.width

    def forward(self, frames: Tensor, mask: Tensor) -> Tensor:
        """Map frames (B, T, frame), padded with anything, and their mask (B, T) to (B, dimension)."""
        kept = torch.where(mask[..., None], frames, 0.0)
        pooled = self.pool(self.entry(self.norm(kept)), mask)
        return F.normalize(pooled.float(), dim=-1)

    def save(self, folder: Path) -> None:
        """Write `head.json` and `head.safetensors`."""
        SENTENCE_HEAD.write(folder, self, asdict(self.sizes))

    @classmethod
    def load(cls, folder: Path) -> SentenceHead:
        """Read what `save` wrote.

        Raises:
            PolyvoxError: the folder holds no such head.
        """
        sizes, weights = SENTENCE_HEAD.read(folder)
        head = cls(SentenceSizes(sizes["frame"], QuerySizes(**sizes["query"])))
        head.load_state_dict(weights)
        return head.eval()
