"""Features of all training recordings in one file, several distorted copies of each, ready to be batched.

`features.bin` holds int8 frames one recording after the other, `rows.jsonl` one line a recording. The file
grows as it is built and a killed build goes on where it stopped.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.features import CLIP, MELS, log_mel
from polyvox.errors import PolyvoxError
from polyvox.item import Audio
from polyvox.train.augment import Augmentation, augment, decode
from polyvox.train.progress import Progress
from polyvox.train.waves import audio_from_wav

_SCALE = 127 / CLIP


@dataclass(frozen=True, slots=True)
class Example:
    """One recording to learn from: where it is, its sounds, its text, its English, its key."""

    path: str
    source: str
    language: str
    part: str
    phones: tuple[str, ...]
    text: str
    english: str
    key: str
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Stored:
    """An example with the rows of `features.bin` that hold one copy of it."""

    example: Example
    start: int
    frames: int


class FeatureStore:
    """Read access to a built folder.

    Raises:
        PolyvoxError: the folder holds no features.
    """

    def __init__(self, folder: Path) -> None:
        rows = folder / "rows.jsonl"
        if not rows.is_file():
            raise PolyvoxError(f"{folder} holds no features; build them first")
        self.rows = list(_read_rows(rows))
        self._frames = np.memmap(folder / "features.bin", np.int8, "r").reshape(-1, MELS)

    def features(self, row: Stored) -> NDArray[np.int8]:
        """The int8 features of one row, shape (frames, 80); divide by 127/4 for `log_mel`'s scale."""
        return self._frames[row.start : row.start + row.frames]


def to_float(features: NDArray[np.int8]) -> NDArray[np.float32]:
    """Undo the int8 packing."""
    return features.astype(np.float32) / np.float32(_SCALE)


def build_store(examples: Sequence[Example], out: Path, settings: Augmentation, seed: int) -> FeatureStore:
    """Compute the features of all copies; copy 0 of a human recording is clean, all others are distorted.

    A recording that cannot be read is named in `skipped.txt` and left out.
    """
    out.mkdir(parents=True, exist_ok=True)
    rows = out / "rows.jsonl"
    done = list(_read_rows(rows)) if rows.exists() else []
    seen = {row.example.path for row in done}
    position = max((row.start + row.frames for row in done), default=0)
    left = [example for example in examples if example.path not in seen]
    progress = Progress("features", len(left))
    with (
        (out / "features.bin").open("r+b" if done else "wb") as features,
        rows.open("a", encoding="utf-8") as listing,
        (out / "skipped.txt").open("a", encoding="utf-8") as skipped,
    ):
        features.seek(position * MELS)
        for example in left:
            progress.advance()
            try:
                copies = list(_copies(example, settings, seed))
            except (OSError, ValueError) as error:
                skipped.write(f"{example.path}: {error}\n")
                continue
            for copy in copies:
                features.write(copy.tobytes())
            features.flush()
            for copy in copies:
                stored = Stored(example, position, len(copy))
                listing.write(json.dumps(asdict(stored), ensure_ascii=False) + "\n")
                position += len(copy)
    return FeatureStore(out)


def _copies(example: Example, settings: Augmentation, seed: int) -> Iterator[NDArray[np.int8]]:
    path = Path(example.path)
    content = path.read_bytes()
    audio = audio_from_wav(content) if path.suffix == ".wav" else Audio(decode(content))
    generator = np.random.default_rng([seed, zlib.crc32(example.path.encode())])
    for copy in range(example.copies):
        clean = copy == 0 and example.source != "synthetic"
        heard = audio if clean else augment(audio, settings, generator)
        yield np.round(log_mel(heard) * _SCALE).astype(np.int8)


def _read_rows(path: Path) -> Iterator[Stored]:
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        example = row["example"]
        yield Stored(Example(**{**example, "phones": tuple(example["phones"])}), row["start"], row["frames"])
