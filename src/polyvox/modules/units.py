"""Speech as units: frames of a frozen front, each replaced by the number of the nearest cluster centre."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from polyvox.errors import MissingExtraError, PolyvoxError
from polyvox.item import Audio
from polyvox.modules.front import Frames, SpeechFront, open_front

UnitIds = NDArray[np.int32]
"""Shape (T,): numbers from 0 to size − 1, one a frame, or one a run of equal frames where they are merged."""
DEFAULT_SIZE = 1024
_FRAMES_A_CENTRE = 64
_CONFIG, _TENSORS, _FRONT = "units.json", "units.safetensors", "front"
_ROWS = 16_384
"""Frames that are compared with all centres at once."""


class Units:
    """Recordings to sequences of unit numbers.

    Args:
        front: hears.
        centres: (size, width), in standardised values.
        mean: (width,) of the frames.
        deviation: (width,) of the frames.
        merge: neighbouring frames of one unit count once.
    """

    def __init__(
        self,
        front: SpeechFront,
        centres: Frames,
        mean: NDArray[np.float32],
        deviation: NDArray[np.float32],
        *,
        merge: bool = False,
    ) -> None:
        if centres.shape[1] != front.width:
            raise PolyvoxError(
                f"the units were learned from frames of {centres.shape[1]} values, "
                f"the front gives {front.width}"
            )
        self.front = front
        self.merge = merge
        self._centres, self._mean, self._deviation = centres, mean, deviation
        self._half_squares = np.square(centres).sum(axis=1) / 2

    @property
    def size(self) -> int:
        """How many units there are."""
        return len(self._centres)

    @property
    def rate(self) -> float:
        """Units a second before merging."""
        return self.front.rate

    @classmethod
    def fit(
        cls,
        front: SpeechFront,
        frames: Iterable[Frames],
        *,
        size: int = DEFAULT_SIZE,
        seed: int = 1,
        iterations: int = 20,
        merge: bool = False,
    ) -> Units:
        """Learn the centres by k-means on standardised frames (FAISS), the same for the same seed.

        Args:
            front: what the frames came from.
            frames: arrays (T, width), such as those of a sample of recordings; 64 frames a unit are plenty.
            size: how many units.
            seed: of the first centres.
            iterations: of k-means.
            merge: see above.

        Raises:
            PolyvoxError: fewer frames than units.
        """
        import faiss

        sample = np.concatenate([np.zeros((0, front.width), np.float32), *frames])
        if len(sample) < size:
            raise PolyvoxError(
                f"{size} units need at least as many frames, but there are {len(sample)}; "
                "take more recordings or fewer units"
            )
        mean, deviation = sample.mean(axis=0), np.maximum(sample.std(axis=0), 1e-4)
        normal = np.ascontiguousarray((sample - mean) / deviation, np.float32)
        means = faiss.Kmeans(
            front.width,
            size,
            niter=iterations,
            seed=seed,
            min_points_per_centroid=1,
            max_points_per_centroid=len(normal),
        )
        means.train(normal)
        return cls(front, np.asarray(means.centroids, np.float32), mean, deviation, merge=merge)

    def ids(self, recordings: Sequence[Audio]) -> list[UnitIds]:
        """The units of each recording."""
        return [self.of(frames) for frames in self.front.frames(recordings)]

    def of(self, frames: Frames) -> UnitIds:
        """The units of frames (T, width) that the front gave earlier."""
        normal = np.asarray((frames - self._mean) / self._deviation, np.float32)
        # The nearest centre c of a frame x has the greatest x·c − |c|²/2.
        nearest = [
            (normal[start : start + _ROWS] @ self._centres.T - self._half_squares).argmax(axis=1)
            for start in range(0, len(normal), _ROWS)
        ]
        found = np.concatenate([np.zeros(0, np.int64), *nearest]).astype(np.int32)
        return merged(found) if self.merge else found

    def save(self, folder: Path) -> None:
        """Write `units.json`, `units.safetensors` and the front, in `front/`."""
        from safetensors.numpy import save_file

        folder.mkdir(parents=True, exist_ok=True)
        tensors = {"centres": self._centres, "mean": self._mean, "deviation": self._deviation}
        save_file({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}, folder / _TENSORS)
        self.front.save(folder / _FRONT)
        config = {
            "size": self.size,
            "rate": self.rate,
            "merge": self.merge,
            "front": self.front.fingerprint,
        }
        (folder / _CONFIG).write_text(json.dumps(config) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, front: SpeechFront | None = None) -> Units:
        """Read what `save` wrote.

        Args:
            folder: holds the units.
            front: the same front, where it is open already.

        Raises:
            PolyvoxError: the folder holds no units, or they belong to another front.
        """
        try:
            from safetensors.numpy import load_file
        except ImportError as error:
            raise MissingExtraError("train", "speech units") from error

        if not (folder / _CONFIG).is_file() or not (folder / _TENSORS).is_file():
            raise PolyvoxError(f"{folder} holds no units: {_CONFIG} and {_TENSORS} are needed")
        config = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
        opened = front or open_front(str(folder / _FRONT))
        if opened.fingerprint != config["front"]:
            raise PolyvoxError(
                f"{folder}: its units were learned from another front; open the one in {_FRONT}/"
            )
        tensors = load_file(folder / _TENSORS)
        return cls(opened, tensors["centres"], tensors["mean"], tensors["deviation"], merge=config["merge"])


def sample_size(size: int = DEFAULT_SIZE) -> int:
    """Frames that are enough to learn so many units from.

    >>> sample_size(1024)
    65536
    """
    return size * _FRAMES_A_CENTRE


def merged(ids: UnitIds) -> UnitIds:
    """Every run of equal numbers as one of them.

    >>> merged(np.array([7, 7, 3, 3, 3, 7], np.int32)).tolist()
    [7, 3, 7]
    """
    return ids[np.flatnonzero(np.diff(ids, prepend=-1))]
