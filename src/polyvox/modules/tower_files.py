"""The two files of a saved tower: its sizes as JSON, its weights as safetensors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from polyvox.errors import PolyvoxError


class TowerFiles(NamedTuple):
    """Names of the two files, and what kind of tower they hold, in words."""

    config: str
    weights: str
    kind: str

    def write(self, folder: Path, tower: nn.Module, config: Mapping[str, Any]) -> None:
        """Save a tower; the folder is made where it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(config, ensure_ascii=False, indent=1)
        (folder / self.config).write_text(text + "\n", encoding="utf-8")
        weights = {name: value.contiguous() for name, value in tower.state_dict().items()}
        save_file(weights, folder / self.weights)

    def read(self, folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """What `write` was given: the configuration, and the weights by name.

        Raises:
            PolyvoxError: a file is missing.
        """
        if not (folder / self.config).is_file() or not (folder / self.weights).is_file():
            raise PolyvoxError(f"{folder} holds no {self.kind}: {self.config} and {self.weights} are needed")
        config: dict[str, Any] = json.loads((folder / self.config).read_text(encoding="utf-8"))
        return config, load_file(folder / self.weights)


SPEECH_TOWER = TowerFiles("config.json", "model.safetensors", "speech tower")
WORD_TOWER = TowerFiles("words.json", "words.safetensors", "tower of words")
