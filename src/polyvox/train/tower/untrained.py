"""What the teacher hears by itself, where it hears at all: the row that training has to beat."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyvox.encode import Encoder, load_encoder
from polyvox.item import Audio, Modality
from polyvox.train.order_file import write_json
from polyvox.train.tower.evaluator import Retrieval
from polyvox.train.tower.listening import FromAudio
from polyvox.train.tower.recipe import Recipe
from polyvox.train.tower.rows import load_rows
from polyvox.train.tower.teacher import Teacher

UNTRAINED = "untrained.json"


def measure_untrained(recipe: Recipe, data: Path, out: Path) -> dict[str, float] | None:
    """The figures of the teacher on the test rows, or on the development rows where there are none.

    They are kept in `out` and not measured again.

    Returns:
        None where the teacher does not hear, or nothing is held out.
    """
    kept = out / UNTRAINED
    identity = json.loads(json.dumps({"data": asdict(recipe.data), "model": asdict(recipe.model)}))
    if kept.is_file():
        found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        if found["of"] == identity:
            return dict(found["figures"])
    encoder = load_encoder(recipe.model.teacher)
    if Modality.SPEECH not in encoder.card.modalities or recipe.data.sources[0].stream:
        return None
    rows = load_rows(recipe.data, data)
    held = rows.test or rows.development
    if not held:
        return None
    listener = FromAudio(recipe.data, recipe.model.max_seconds, recipe.training.seed)
    most = len(rows.test) or recipe.training.pool
    retrieval = Retrieval(held, Teacher(recipe.model.teacher), recipe.losses.sides(), most, listener)
    figures = retrieval(_Heard(encoder))
    write_json(kept, {"of": identity, "figures": figures})
    return figures


class _Heard:
    """An encoder in the place of a sentence-transformers model."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def encode(self, inputs: Sequence[Mapping[str, Any]], **settings: object) -> NDArray[np.float32]:
        """Vectors of recordings that `FromAudio.whole` read."""
        return self._encoder.encode_speech([Audio(recording["array"]) for recording in inputs])
