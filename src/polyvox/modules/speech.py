"""A speech tower as a sentence-transformers module: recordings in, vectors out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers.base.modality_types import Modality
from sentence_transformers.base.modules import InputModule
from torch import Tensor

from polyvox.encode.features import MELS, Features, log_mel
from polyvox.errors import PolyvoxError
from polyvox.item import SAMPLING_RATE, Audio
from polyvox.modules.direct_tower import DirectTower
from polyvox.modules.heard import Heard
from polyvox.modules.speech_tower import SpeechTower

TOWERS: Mapping[str, type[SpeechTower] | type[DirectTower]] = {"sounds": SpeechTower, "direct": DirectTower}
"""The kinds of towers by name: `sounds` reads a sequence of sounds, `direct` the states below them."""
DEFAULT_SECONDS = 20.0
_SETTINGS = "speech.json"


class Speech(InputModule):
    """Recordings to unit vectors, `sentence_embedding` (B, dimension).

    A feature dictionary that already holds `sentence_embedding` and no audio passes through unchanged: that
    is how vectors of a frozen teacher take part in losses that expect a second column.

    Args:
        tower: hears.
        max_seconds: what comes later in a recording is not heard.
    """

    save_in_root = False

    def __init__(self, tower: SpeechTower | DirectTower, max_seconds: float = DEFAULT_SECONDS) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.tower = tower
        self.max_seconds = max_seconds

    @property
    def modalities(self) -> list[Modality]:
        """What this module takes."""
        return ["audio"]

    def get_embedding_dimension(self) -> int:
        """Width of the vectors."""
        return self.tower.meaning.config.dimension

    def preprocess(
        self,
        inputs: Sequence[Any],
        prompt: str | None = None,
        **settings: Any,  # noqa: ANN401 - the library passes what other modules take
    ) -> dict[str, Any]:
        """Recordings to padded log-mel features (B, T, 80) and `lengths` (B,); a prompt has no meaning here.

        Args:
            inputs: each a mono 16 kHz array, `{"array", "sampling_rate"}`, an `Audio`, or a path.
            prompt: not used.
            settings: not used.

        Raises:
            PolyvoxError: a recording is not at 16 kHz or not mono.
            ReadError: a path cannot be read.
        """
        longest = int(self.max_seconds * SAMPLING_RATE)
        return padded([log_mel(Audio(samples(recording)[:longest])) for recording in inputs])

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

    def save(self, output_path: str, *args: Any, safe_serialization: bool = True, **settings: Any) -> None:  # noqa: ANN401
        """Write the tower and `speech.json`; weights are always safetensors."""
        folder = Path(output_path)
        self.tower.save(folder)
        (folder / _SETTINGS).write_text(json.dumps(self.get_config_dict()) + "\n", encoding="utf-8")

    @classmethod
    def load(
        cls,
        model_name_or_path: str,
        subfolder: str = "",
        token: bool | str | None = None,
        cache_folder: str | None = None,
        revision: str | None = None,
        local_files_only: bool = False,
        init_defaults: dict[str, Any] | None = None,
        **settings: Any,  # noqa: ANN401 - the library passes what other modules take
    ) -> Speech:
        """Read what `save` wrote, from a folder or the hub.

        Raises:
            PolyvoxError: there is no speech module.
        """
        found = cls.load_dir_path(
            model_name_or_path, subfolder, token, cache_folder, revision, local_files_only
        )
        folder = Path(found or "")
        if not found or not (folder / _SETTINGS).is_file():
            raise PolyvoxError(f"{model_name_or_path}/{subfolder} holds no speech module: no {_SETTINGS}")
        config = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
        return cls(TOWERS[config["tower"]].load(folder), config["max_seconds"])


def samples(recording: object) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The samples of anything that stands for a recording.

    Raises:
        PolyvoxError: not at 16 kHz, or not mono.
        ReadError: a path cannot be read.

    >>> samples({"array": [0.0, 0.5], "sampling_rate": 16_000})
    array([0. , 0.5], dtype=float32)
    """
    if isinstance(recording, Audio):
        return recording.samples
    if isinstance(recording, str | Path):
        from polyvox.read.sound import load_audio

        return load_audio(recording).samples
    if isinstance(recording, Mapping):
        rate = recording["sampling_rate"]
        if rate != SAMPLING_RATE:
            raise PolyvoxError(
                f"speech must be at {SAMPLING_RATE} Hz, got {rate}; resample it or give a path"
            )
        recording = recording["array"]
    if isinstance(recording, Tensor):
        recording = recording.detach().cpu().numpy()
    found = np.asarray(recording, np.float32)
    if found.ndim != 1:
        raise PolyvoxError(f"speech must be mono, one dimension; got shape {found.shape}")
    return found


def padded(features: Sequence[Features]) -> dict[str, Any]:
    """Log-mel features of several recordings as one batch: `input_features` (B, T, 80), `lengths` (B,)."""
    lengths = torch.tensor([len(one) for one in features])
    batch = torch.zeros(len(features), int(lengths.max()), MELS)
    for row, one in zip(batch, features, strict=True):
        row[: len(one)] = torch.from_numpy(one)
    return {"input_features": batch, "lengths": lengths, "modality": "audio"}
