"""A spectrogram branch without any weights: statistics of the bands of the log-mel spectrogram."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.features import MELS, log_mel
from polyvox.item import Audio
from polyvox.modules.branches.protocol import BRANCH_FILE, Views, unit_rows

KIND = "mel-statistics"
_QUANTILES = (0.1, 0.5, 0.9)
_STATISTICS = 3 + len(_QUANTILES)


class MelStatistics:
    """Mean, deviation, mean change and three quantiles of each of 80 bands, unit length."""

    @property
    def width(self) -> int:
        """Values of a vector."""
        return _STATISTICS * MELS

    @property
    def fingerprint(self) -> str:
        """There are no weights, so the name says it all."""
        return f"{KIND}-{self.width}"

    def views(self, recordings: Sequence[Audio]) -> Views:
        """One row a recording, (N, 480)."""
        rows = [statistics(log_mel(recording)) for recording in recordings]
        return unit_rows(np.stack(rows)) if rows else np.zeros((0, self.width), np.float32)

    def save(self, folder: Path) -> None:
        """Write `branch.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / BRANCH_FILE).write_text(json.dumps({"kind": KIND}) + "\n", encoding="utf-8")


def statistics(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Features (T, bands) as one vector (6 * bands,): all means, all deviations, and so on.

    >>> statistics(np.array([[0.0], [2.0], [1.0]], np.float32))[:3].round(2).tolist()
    [1.0, 0.8199999928474426, 1.5]
    """
    changes = np.abs(np.diff(features, axis=0)).mean(axis=0) if len(features) > 1 else 0 * features[0]
    quantiles = np.quantile(features, _QUANTILES, axis=0)
    return np.concatenate([features.mean(axis=0), features.std(axis=0), changes, *quantiles]).astype(
        np.float32
    )
