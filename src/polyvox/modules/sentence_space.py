"""Open a saved text model whose only module is a `Bottleneck`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from polyvox.errors import PolyvoxError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_MODULES = "modules.json"
_SETTINGS = "config_sentence_transformers.json"
_ONLY = "polyvox.modules.bottleneck.Bottleneck"


def is_sentence_space(folder: Path) -> bool:
    """Whether a folder holds such a model."""
    path = folder / _MODULES
    return path.is_file() and f'"{_ONLY}"' in path.read_text(encoding="utf-8")


def open_sentence_space(folder: Path) -> SentenceTransformer:
    """Open it; like `open_space`, without importing any name that the folder gives.

    Raises:
        PolyvoxError: the folder is not one.
    """
    from sentence_transformers import SentenceTransformer

    from polyvox.modules.bottleneck import Bottleneck

    try:
        entries = json.loads((folder / _MODULES).read_text(encoding="utf-8"))
        settings = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
        (place,) = [entry["path"] for entry in entries]
    except (OSError, ValueError, KeyError) as error:
        raise PolyvoxError(f"{folder}: not a model of sentences ({error})") from error
    module = Bottleneck.load(str(folder), subfolder=place, local_files_only=True)
    return SentenceTransformer(
        modules=[module],
        prompts=settings.get("prompts") or {},
        similarity_fn_name=settings.get("similarity_fn_name"),
    )
