"""The self-supervised branch: the mean over time of what a frozen front hears."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from polyvox.item import Audio
from polyvox.modules.branches.protocol import BRANCH_FILE, Views, unit_rows
from polyvox.modules.front import SpeechFront, open_front

KIND = "front"


class FrontMean:
    """Mean-pooled frames, unit length: CLASP's branch of HuBERT (arXiv 2412.13071).

    Args:
        front: hears; a recording has one frame at least.
    """

    def __init__(self, front: SpeechFront) -> None:
        self._front = front

    @property
    def width(self) -> int:
        """Values of a vector: as many as a frame has."""
        return self._front.width

    @property
    def fingerprint(self) -> str:
        """That of the front."""
        return f"mean-{self._front.fingerprint}"

    def views(self, recordings: Sequence[Audio]) -> Views:
        """The means of the frames, (N, width)."""
        means = [frames.mean(axis=0) for frames in self._front.frames(recordings)]
        return unit_rows(np.stack(means)) if means else np.zeros((0, self.width), np.float32)

    def save(self, folder: Path) -> None:
        """Write `branch.json`, and the front below `front`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / BRANCH_FILE).write_text(json.dumps({"kind": KIND}) + "\n", encoding="utf-8")
        self._front.save(folder / "front")

    @classmethod
    def load(cls, folder: Path) -> FrontMean:
        """Read what `save` wrote.

        Raises:
            PolyvoxError: there is no front.
        """
        return cls(open_front(str(folder / "front")))
