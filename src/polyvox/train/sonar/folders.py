"""The folders of a run: a stage each, claimed by its settings, written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

from polyvox.errors import PolyvoxError
from polyvox.modules.bottleneck import SETTINGS
from polyvox.train.order_file import write_json

MODEL, FIGURES, STAGE, BEGIN = "model", "figures.json", "stage.json", "begin"


def claim(folder: Path, key: str, name: str) -> None:
    """Make the folder of a stage, or check that what is in it was made by the same settings.

    Raises:
        PolyvoxError: it was not.
    """
    path = folder / STAGE
    if path.is_file() and json.loads(path.read_text(encoding="utf-8"))["identity"] != key:
        raise PolyvoxError(
            f"{folder}: the stage {name} was run with other settings, or after another stage; remove it and "
            "those after it, give --fresh to forget the whole run, or another --out"
        )
    write_json(path, {"identity": key})


def stage_model(folder: Path) -> Path:
    """The model in a folder that a user names: of a stage, or the model itself.

    Raises:
        PolyvoxError: there is none.
    """
    for found in (folder / MODEL, folder):
        if (found / SETTINGS).is_file():
            return found
    raise PolyvoxError(f"{folder}: holds no bottleneck model to start from; give the folder of a stage")
