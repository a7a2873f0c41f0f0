"""The section [speech]: which recordings, and how they become units."""

from __future__ import annotations

from dataclasses import dataclass

from polyvox.errors import PolyvoxError
from polyvox.train.sections import in_range


@dataclass(frozen=True, slots=True)
class Speech:
    """Recordings of the shared sets and the units that they become.

    Attributes:
        sets: folders below `speech`, each with a `manifest.tsv`.
        seen: languages whose recordings are trained on.
        unseen: languages whose recordings are only measured.
        dictionary: files below `text` that give the word of a language for an English one, where a recording
            has no transcript.
        front: `default`, `log-mel`, or the folder or name of a speech model (see `polyvox.modules.front`).
        layers: of the front; its own choice where empty.
        units: clusters of frames, learned from 64 frames each.
        max_seconds: what comes later in a recording is not heard.
        seed: of the clusters.
    """

    sets: tuple[str, ...]
    seen: tuple[str, ...]
    unseen: tuple[str, ...]
    dictionary: tuple[str, ...] = ()
    front: str = "default"
    layers: tuple[int, ...] = ()
    units: int = 1024
    max_seconds: float = 10.0
    seed: int = 1

    def __post_init__(self) -> None:
        in_range("[speech] units", self.units, 2)
        in_range("[speech] max_seconds", self.max_seconds, 0.1)
        if not self.seen:
            raise PolyvoxError("[speech] seen: name at least one language to train on")
        if both := set(self.seen) & set(self.unseen):
            raise PolyvoxError(f"[speech]: {', '.join(sorted(both))} cannot be seen and unseen")
