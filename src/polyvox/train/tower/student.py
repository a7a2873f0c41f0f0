"""The speech module that is trained: at random, or from an earlier tower."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from polyvox.errors import PolyvoxError
from polyvox.modules.direct_tower import DirectTower
from polyvox.modules.front import open_front
from polyvox.modules.fused_speech import FusedSpeech
from polyvox.modules.heads.attention import AttentionHead, AttentionSizes
from polyvox.modules.meaning import MeaningConfig
from polyvox.modules.sounds import SoundsConfig
from polyvox.modules.speech import TOWERS, Speech
from polyvox.modules.speech_tower import SpeechTower
from polyvox.train.tower.model_section import Model, Student

RANDOM = "random"
_WEIGHTS = "model.safetensors"
_OVER_FRONT = "audio_0_FusedSpeech"


def build_student(model: Model, inventory: list[str], dimension: int, seed: int) -> Speech | FusedSpeech:
    """A speech module for the recipe; weights of the start that fit are taken, the rest is random.

    Raises:
        PolyvoxError: the start holds no tower, or nothing of it fits.
    """
    torch.manual_seed(seed)
    if model.student is Student.ATTENTION:
        return _over_front(model, dimension)
    start = None if model.start == RANDOM else find_tower(Path(model.start))
    if start is None:
        return Speech(_random(model, inventory, dimension), model.max_seconds)
    earlier = _load(start)
    tower = _resized(earlier, model.student, inventory, dimension)
    _copy(earlier, tower, model.start)
    return Speech(tower, model.max_seconds)


def _over_front(model: Model, dimension: int) -> FusedSpeech:
    front, sizes = open_front(model.front, model.layers or None), model.sizes
    head = AttentionHead(
        AttentionSizes(
            front.width,
            dimension,
            sizes.meaning_width,
            sizes.meaning_layers,
            sizes.heads,
            sizes.meaning_kernel,
            dropout=sizes.dropout,
        )
    )
    if model.start != RANDOM:
        earlier = _earlier_head(Path(model.start))
        if earlier.sizes != head.sizes:
            raise PolyvoxError(
                f"[model] start: the head of {model.start} has other sizes ({earlier.sizes}) than the "
                f"recipe's ({head.sizes})"
            )
        head.load_state_dict(earlier.state_dict())
    return FusedSpeech(front, head, model.max_seconds)


def _earlier_head(folder: Path) -> AttentionHead:
    for place in (folder, folder / "model"):
        if (place / _OVER_FRONT / "head").is_dir():
            return AttentionHead.load(place / _OVER_FRONT / "head")
    raise PolyvoxError(
        f'[model] start: {folder} holds no head over a front; give a trained model or "random"'
    )


def find_tower(folder: Path) -> Path:
    """The folder of the speech tower in a tower folder, a trained model or a run.

    Raises:
        PolyvoxError: there is none; a light model has only ONNX, which cannot be trained.
    """
    for place in (folder, folder / "audio_0_Speech", folder / "model" / "audio_0_Speech", folder / "tower"):
        if (place / _WEIGHTS).is_file() and (place / "config.json").is_file():
            return place
    raise PolyvoxError(
        f"[model] start: {folder} holds no speech tower (config.json and {_WEIGHTS}); an exported light "
        f"model "
        f'cannot be trained further, give the tower it was exported from, or "{RANDOM}"'
    )


def _random(model: Model, inventory: list[str], dimension: int) -> SpeechTower | DirectTower:
    sizes = model.sizes
    sounds = SoundsConfig(len(inventory), sizes.width, sizes.layers, sizes.heads, sizes.kernel, sizes.dropout)
    meaning = MeaningConfig(
        sizes.width if model.student is Student.DIRECT else len(inventory),
        dimension,
        sizes.meaning_width,
        sizes.meaning_layers,
        sizes.heads,
        sizes.meaning_kernel,
        sizes.dropout,
    )
    return TOWERS[model.student](inventory, sounds, meaning)


def _load(folder: Path) -> SpeechTower | DirectTower:
    for kind in TOWERS.values():
        try:
            return kind.load(folder)
        except (PolyvoxError, KeyError, RuntimeError):
            continue
    raise PolyvoxError(f"{folder}: the speech tower cannot be read; it may be damaged or of a newer version")


def _resized(
    earlier: SpeechTower | DirectTower, student: Student, inventory: list[str], dimension: int
) -> SpeechTower | DirectTower:
    below, above = earlier.sounds.config, earlier.meaning.config
    names = inventory if len(inventory) > 1 else earlier.inventory
    sounds = replace(below, sounds=len(names))
    meaning = MeaningConfig(
        below.width if student is Student.DIRECT else len(names),
        dimension,
        above.width,
        above.layers,
        above.heads,
        above.kernel,
        above.dropout,
    )
    return TOWERS[student](names, sounds, meaning)


def _copy(earlier: SpeechTower | DirectTower, tower: SpeechTower | DirectTower, name: str) -> None:
    """Take over every weight of the same name and shape; those of labels only where the labels agree."""
    old, new = earlier.state_dict(), tower.state_dict()
    kept = {key: old[key] for key in new if key in old and old[key].shape == new[key].shape}
    if earlier.inventory != tower.inventory:
        labelled = ("sounds.head", "sounds.feedback.weight", "meaning.embedding")
        kept = {key: value for key, value in kept.items() if not key.startswith(labelled)}
    if not kept:
        raise PolyvoxError(f"[model] start: nothing of {name} fits the student")
    tower.load_state_dict({**new, **kept})
