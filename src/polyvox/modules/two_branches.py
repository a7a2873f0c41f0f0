"""Two frozen branches and their fusion as one sentence-transformers module (CLASP)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from polyvox.modules.branch_fusion import Fusion, load_fusion
from polyvox.modules.branches import Branch, load_branch
from polyvox.modules.folder_module import DEFAULT_SECONDS, RecordingsModule

_NAMES = ("first", "second")


class TwoBranches(RecordingsModule):
    """Recordings to unit vectors, `sentence_embedding` (B, dimension).

    Only the fusion has weights that can be trained.

    Args:
        first: the self-supervised view.
        second: the view of the spectrogram.
        fusion: makes one vector of both.
        max_seconds: what comes later in a recording is not heard.
    """

    marker, kind = "two_branches.json", "two branches"

    def __init__(
        self, first: Branch, second: Branch, fusion: Fusion, max_seconds: float = DEFAULT_SECONDS
    ) -> None:
        super().__init__(max_seconds)
        # A branch may be a module; in a tuple it stays out of the weights that are trained and saved.
        self.views: tuple[Branch, Branch] = (first, second)
        self.fusion = fusion

    def get_embedding_dimension(self) -> int:
        """Width of the vectors."""
        return self.fusion.sizes.dimension

    def batch(self, recordings: Sequence[Any]) -> dict[str, Any]:
        """What both branches see, `first` (B, width) and `second` (B, width), which may have been kept."""
        seen = [self._seen(recording) for recording in recordings]
        return {name: torch.from_numpy(np.stack([one[name] for one in seen])) for name in _NAMES}

    def _seen(self, recording: object) -> dict[str, Any]:
        if isinstance(recording, Mapping) and set(_NAMES) <= recording.keys():
            return {name: np.asarray(recording[name], np.float32) for name in _NAMES}
        audio = self.audio(recording)
        return {name: branch.views([audio])[0] for name, branch in zip(_NAMES, self.views, strict=True)}

    def forward(self, features: dict[str, Any], **settings: Any) -> dict[str, Any]:  # noqa: ANN401
        """Add `sentence_embedding` (B, dimension) to the features."""
        if "first" in features:
            features["sentence_embedding"] = self.fusion(features["first"], features["second"])
        return features

    def get_config_dict(self) -> dict[str, Any]:
        """What `two_branches.json` holds."""
        return {"max_seconds": self.max_seconds}

    def write(self, folder: Path) -> None:
        """Write both branches, the fusion and `two_branches.json`."""
        for name, branch in zip(_NAMES, self.views, strict=True):
            branch.save(folder / name)
        self.fusion.save(folder / "fusion")
        (folder / self.marker).write_text(json.dumps(self.get_config_dict()) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> TwoBranches:
        """Read what `write` wrote.

        Raises:
            PolyvoxError: a part is missing.
        """
        config = json.loads((folder / cls.marker).read_text(encoding="utf-8"))
        first, second = (load_branch(folder / name) for name in _NAMES)
        return cls(first, second, load_fusion(folder / "fusion"), float(config["max_seconds"]))
