"""A speech tower as a sentence-transformers module: recordings in, vectors out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from polyvox.encode.features import MELS, Features, log_mel
from polyvox.modules.direct_tower import DirectTower
from polyvox.modules.folder_module import DEFAULT_SECONDS, RecordingsModule
from polyvox.modules.heard import Heard
from polyvox.modules.speech_tower import SpeechTower

TOWERS: Mapping[str, type[SpeechTower] | type[DirectTower]] = {"sounds": SpeechTower, "direct": DirectTower}
"""The kinds of towers by name: `sounds` reads a sequence of sounds, `direct` the states below them."""


class Speech(RecordingsModule):
    """Recordings to unit vectors, `sentence_embedding` (B, dimension).

    A feature dictionary that already holds `sentence_embedding` and no audio passes through unchanged: that
    is how vectors of a frozen teacher take part in losses that expect a second column.

    Args:
        tower: hears.
        max_seconds: what comes later in a recording is not heard.
    """

    marker, kind = "speech.json", "speech module"

    def __init__(self, tower: SpeechTower | DirectTower, max_seconds: float = DEFAULT_SECONDS) -> None:
        super().__init__(max_seconds)
        self.tower = tower

    def get_embedding_dimension(self) -> int:
        """Width of the vectors."""
        return self.tower.meaning.config.dimension

    def batch(self, recordings: Sequence[Any]) -> dict[str, Any]:
        """Padded log-mel features (B, T, 80) and `lengths` (B,)."""
        return padded([log_mel(self.audio(recording)) for recording in recordings])

    def forward(self, features: dict[str, Any], **settings: Any) -> dict[str, Any]:  # noqa: ANN401
        """Add `sentence_embedding` (B, dimension), `logits` and `sound_mask` to the features."""
        if "input_features" in features:
            heard: Heard = self.tower.hear(features["input_features"], features["lengths"])
            features["sentence_embedding"] = heard.vectors
            features["logits"], features["sound_mask"] = heard.logits, heard.mask
        return features

    def get_config_dict(self) -> dict[str, Any]:
        """What `speech.json` holds."""
        kinds = {tower: kind for kind, tower in TOWERS.items()}
        return {"tower": kinds[type(self.tower)], "max_seconds": self.max_seconds}

    def write(self, folder: Path) -> None:
        """Write the tower and `speech.json`."""
        self.tower.save(folder)
        (folder / self.marker).write_text(json.dumps(self.get_config_dict()) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Speech:
        """Read what `write` wrote.

        Raises:
            PolyvoxError: the tower is missing.
        """
        config = json.loads((folder / cls.marker).read_text(encoding="utf-8"))
        return cls(TOWERS[config["tower"]].load(folder), config["max_seconds"])


def padded(features: Sequence[Features]) -> dict[str, Any]:
    """Log-mel features of several recordings as one batch: `input_features` (B, T, 80), `lengths` (B,)."""
    lengths = torch.tensor([len(one) for one in features])
    batch = torch.zeros(len(features), int(lengths.max()), MELS)
    for row, one in zip(batch, features, strict=True):
        row[: len(one)] = torch.from_numpy(one)
    return {"input_features": batch, "lengths": lengths}
