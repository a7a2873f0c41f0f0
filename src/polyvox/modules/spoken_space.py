"""Open a saved tower for speech and text whose first module is a `SpokenTransformer`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyvox.errors import PolyvoxError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_MODULES = "modules.json"
_SETTINGS = "config_sentence_transformers.json"
_FIRST = "polyvox.modules.spoken_transformer.SpokenTransformer"


def is_spoken_space(folder: Path) -> bool:
    """Whether a folder holds such a model."""
    path = folder / _MODULES
    return path.is_file() and f'"{_FIRST}"' in path.read_text(encoding="utf-8")


def open_spoken_space(folder: Path) -> SentenceTransformer:
    """Open it; like `open_space`, without importing any name that the folder gives.

    Raises:
        PolyvoxError: the folder is not one, or has a module that these models do not have.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Dense, Normalize
    from sentence_transformers.sentence_transformer.modules import Pooling

    from polyvox.modules.spoken_transformer import SpokenTransformer

    known = (SpokenTransformer, Pooling, Dense, Normalize)
    kinds: Mapping[str, Any] = {kind.__name__: kind for kind in known}
    try:
        entries = json.loads((folder / _MODULES).read_text(encoding="utf-8"))
        settings = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PolyvoxError(f"{folder}: not a model of text and speech ({error})") from error
    names = [str(entry["type"]).rsplit(".", 1)[-1] for entry in entries]
    if unknown := [name for name in names if name not in kinds]:
        raise PolyvoxError(f"{folder}: the module {unknown[0]!r} is not one of {', '.join(kinds)}")
    modules = [
        kinds[name].load(str(folder), subfolder=entry["path"], local_files_only=True)
        for name, entry in zip(names, entries, strict=True)
    ]
    return SentenceTransformer(
        modules=modules,
        prompts=settings.get("prompts") or {},
        similarity_fn_name=settings.get("similarity_fn_name"),
    )
