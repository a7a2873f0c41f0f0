"""What a front is told besides its weights, and the file that a saved front keeps it in."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from polyvox.errors import PolyvoxError
from polyvox.modules.front.protocol import Frames

SETTINGS_FILE = "front.json"
WANTED_RATE = 25.0
"""Frames a second that a front comes down to when nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Choices that every kind of front understands.

    Attributes:
        layers: those whose states are concatenated, 0 for what goes into the first; negative numbers count
            from the last. None takes the last one, an empty tuple all.
        stride: so many neighbouring frames become their mean; 0 brings the rate to about 25 a second.
    """

    layers: tuple[int, ...] | None = None
    stride: int = 0

    def chosen(self, layers: int, where: str) -> tuple[int, ...]:
        """The numbers of the chosen layers, when they are numbered 0 to `layers`.

        Raises:
            PolyvoxError: there is no such layer.

        >>> Settings((0, -1)).chosen(12, "a model"), Settings().chosen(12, ""), Settings(()).chosen(2, "")
        ((0, 12), (12,), (0, 1, 2))
        """
        if self.layers is None:
            return (layers,)
        wrong = [layer for layer in self.layers if not -layers - 1 <= layer <= layers]
        if wrong:
            raise PolyvoxError(
                f"{where}: there is no layer {wrong[0]}; the layers are 0 to {layers}, 0 being what goes "
                "into the first"
            )
        return tuple(layer % (layers + 1) for layer in self.layers) or tuple(range(layers + 1))

    def stride_for(self, rate: float) -> int:
        """The stride for a model of `rate` frames a second.

        >>> Settings().stride_for(50.0), Settings().stride_for(25.0), Settings(stride=1).stride_for(50.0)
        (2, 1, 1)
        """
        return self.stride or max(1, round(rate / WANTED_RATE))


def slowed(frames: Frames, stride: int) -> Frames:
    """The means of every `stride` neighbours: (T, width) to (ceil(T / stride), width).

    The last mean is over those that are left.

    >>> slowed(np.array([[1.0], [3.0], [5.0]], np.float32), 2).tolist()
    [[2.0], [5.0]]
    """
    if stride == 1:
        return frames
    starts = np.arange(0, len(frames), stride)
    sums = np.add.reduceat(frames, starts, axis=0)
    sizes = np.minimum(stride, len(frames) - starts)
    return np.asarray(sums / sizes[:, None], np.float32)


def write_settings(folder: Path, kind: str, layers: Sequence[int] | None, stride: int) -> None:
    """Write `front.json`; the folder is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = asdict(Settings(None if layers is None else tuple(layers), stride))
    text = json.dumps({"kind": kind, **settings})
    (folder / SETTINGS_FILE).write_text(text + "\n", encoding="utf-8")


def read_settings(folder: Path) -> tuple[str, Settings]:
    """The kind and the settings that `write_settings` wrote.

    Raises:
        PolyvoxError: the file is damaged.
    """
    path = folder / SETTINGS_FILE
    try:
        values: Mapping[str, object] = json.loads(path.read_text(encoding="utf-8"))
        layers, stride = values["layers"], values["stride"]
        if not isinstance(stride, int) or not isinstance(layers, list | None):
            raise TypeError(f"layers {layers!r}, stride {stride!r}")
        return str(values["kind"]), Settings(None if layers is None else tuple(layers), stride)
    except (ValueError, KeyError, TypeError) as error:
        raise PolyvoxError(f"{path}: damaged ({error}); save the front again") from error


def samples_at_least(samples: Frames, least: int) -> Frames:
    """Samples with silence after them where they are fewer than `least`."""
    missing = math.ceil(least) - len(samples)
    return np.pad(samples, (0, missing)) if missing > 0 else samples
