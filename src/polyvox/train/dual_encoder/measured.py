"""Measure a finished tower in every way that the table shows, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from polyvox.modules.prefixes import NO_PREFIXES, Prefixes
from polyvox.modules.spoken_space import open_spoken_space
from polyvox.train.dual_encoder.asked import ENGLISH
from polyvox.train.dual_encoder.dual_section import Dual
from polyvox.train.dual_encoder.retrieval import Asked, Encode, Figures, Spoken, mean_figures, measure
from polyvox.train.order_file import write_json

FIGURES = "figures.json"
_AT_ONCE = 64


def measure_tower(
    folder: Path, groups: Mapping[str, Sequence[Spoken]], dual: Dual, prefixes: Prefixes
) -> None:
    """Write the figures of the tower in `folder/model` to `folder/figures.json`, unless they are there.

    Args:
        folder: of the tower.
        groups: what is asked, by the name of the group.
        dual: how the tower was trained.
        prefixes: with which, where `dual` wanted them.
    """
    path = folder / FIGURES
    if path.is_file():
        return
    encode = remembering(encoder(folder / "model"))
    used = prefixes if dual.prefix else NO_PREFIXES
    ways = list(Asked) if dual.prefix else [Asked.NONE]
    languages: dict[str, Any] = {}
    means: dict[str, Any] = {}
    for group, spoken in groups.items():
        asks = ways[:1] if group == ENGLISH else ways
        found = {asked: measure(encode, spoken, used, asked) for asked in asks}
        languages[group] = {str(asked): _plain(figures) for asked, figures in found.items()}
        means[group] = {str(asked): mean_figures(figures, list(figures)) for asked, figures in found.items()}
    write_json(path, {"means": means, "languages": languages})


def remembering(encode: Encode) -> Encode:
    """An encoder that encodes an input once; texts are asked for again in each way of asking."""
    known: dict[str, Any] = {}

    def encoded(written: Sequence[str]) -> Any:  # noqa: ANN401 - an array
        new = list(dict.fromkeys(one for one in written if one not in known))
        if new:
            known.update(zip(new, encode(new), strict=True))
        return np.stack([known[one] for one in written])

    return encoded


def encoder(folder: Path) -> Encode:
    """The function from written inputs to vectors of a saved tower."""
    import torch

    tower = open_spoken_space(folder)
    reader: Any = tower[0]

    def encode(written: Sequence[str]) -> Any:  # noqa: ANN401 - an array
        order = sorted(range(len(written)), key=lambda place: len(written[place]))
        vectors = np.zeros((len(written), int(tower.get_embedding_dimension() or 0)), np.float32)
        for start in range(0, len(order), _AT_ONCE):
            places = order[start : start + _AT_ONCE]
            with torch.inference_mode():
                features = tower(reader.tokens([written[place] for place in places]))
            vectors[places] = features["sentence_embedding"].float().numpy()
        return vectors

    return encode


def _plain(found: Mapping[str, Figures]) -> dict[str, dict[str, float]]:
    return {language: asdict(figures) for language, figures in found.items()}
