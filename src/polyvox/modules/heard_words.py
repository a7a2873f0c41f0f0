"""Ears without training: recordings to the vectors of any text model, by way of the words that are heard."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from polyvox.encode.light import LightEncoder
from polyvox.encode.manifest import MANIFEST_FILE
from polyvox.errors import PolyvoxError
from polyvox.modules.folder_module import RecordingsModule

_LIGHT, _WORDS, _VECTORS = "light", "words.txt", "words.safetensors"


class HeardWords(RecordingsModule):
    """Recordings to unit vectors, `sentence_embedding` (B, dimension).

    A light model hears, and its vector is compared with those that it gives to the words of a vocabulary. The
    softmax of `sharpness` times the cosines says how likely each word is, and the words' vectors in the space
    of the text model are added up by that: the mean vector of what may have been said.

    Args:
        light: hears and reads.
        words: the vocabulary, W texts.
        heard: (W, light dimension), what the light model makes of each.
        meanings: (W, dimension), what each stands for in the space of the text model.
        sharpness: chosen on development recordings.
    """

    marker, kind = "heard_words.json", "heard words"
    can_be_told = True

    def __init__(
        self, light: Path, words: Sequence[str], heard: Tensor, meanings: Tensor, sharpness: float = 30.0
    ) -> None:
        light_model = LightEncoder(light)
        super().__init__(light_model.manifest.max_seconds)
        self._folder, self._light = light, light_model
        self.words = list(words)
        self.sharpness = sharpness
        self.heard = nn.Parameter(heard.float(), requires_grad=False)
        self.meanings = nn.Parameter(meanings.float(), requires_grad=False)

    def get_embedding_dimension(self) -> int:
        """Width of the vectors."""
        return self.meanings.shape[1]

    def batch(self, recordings: Sequence[Any]) -> dict[str, Any]:
        """The light model's vectors (B, light dimension)."""
        heard = self._light.encode_speech([self.audio(recording) for recording in recordings])
        return {"input_features": torch.from_numpy(heard)}

    def forward(self, features: dict[str, Any], **settings: Any) -> dict[str, Any]:  # noqa: ANN401
        """Add `sentence_embedding` (B, dimension) to the features."""
        if "input_features" in features:
            likely = torch.softmax(self.sharpness * features["input_features"] @ self.heard.T, dim=1)
            features["sentence_embedding"] = nn.functional.normalize(likely @ self.meanings, dim=1)
        return features

    def get_config_dict(self) -> dict[str, Any]:
        """What `heard_words.json` holds."""
        return {"sharpness": self.sharpness}

    def write(self, folder: Path) -> None:
        """Write the light model, the vocabulary and its vectors."""
        (folder / _LIGHT).mkdir(parents=True, exist_ok=True)
        for name in (MANIFEST_FILE, *self._light.manifest.files):
            if not (folder / _LIGHT / name).exists():
                shutil.copy(self._folder / name, folder / _LIGHT / name)
        (folder / _WORDS).write_text("".join(f"{word}\n" for word in self.words), encoding="utf-8")
        tensors = {"heard": self.heard, "meanings": self.meanings}
        save_file({name: rows.data.cpu().contiguous() for name, rows in tensors.items()}, folder / _VECTORS)
        (folder / self.marker).write_text(json.dumps(self.get_config_dict()) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> HeardWords:
        """Read what `write` wrote.

        Raises:
            PolyvoxError: it is damaged.
        """
        config = json.loads((folder / cls.marker).read_text(encoding="utf-8"))
        words = (folder / _WORDS).read_text(encoding="utf-8").splitlines()
        tensors = load_file(folder / _VECTORS)
        if not len(words) == len(tensors["heard"]) == len(tensors["meanings"]):
            raise PolyvoxError(
                f"{folder}: {_WORDS} and {_VECTORS} do not belong together; make the model again"
            )
        return cls(folder / _LIGHT, words, tensors["heard"], tensors["meanings"], config["sharpness"])


def as_tensor(vectors: NDArray[np.float32]) -> Tensor:
    """Vectors of an encoder for this module."""
    return torch.from_numpy(np.ascontiguousarray(vectors, np.float32))
