"""How closely an exported model agrees with the trained one: vectors, and what is found with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.features import log_mel
from polyvox.encode.protocol import Vectors
from polyvox.errors import PolyvoxError, ReadError
from polyvox.item import SAMPLING_RATE, Audio
from polyvox.read.sound import load_audio
from polyvox.train.manifest import manifest_folder, read_manifest

if TYPE_CHECKING:
    from polyvox.modules.direct_tower import DirectTower
    from polyvox.modules.speech_tower import SpeechTower

MOST_RECORDINGS = 500
_TEXT_FILES = {".txt", ".md", ".csv", ".jsonl", ".srt", ".vtt", ".html"}
_PIECE_SECONDS = 4
_RECORDINGS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Spoken:
    """Recordings to compare on; `texts` says what each should find, and is empty where that is unknown."""

    recordings: Sequence[Audio]
    texts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of two sets of vectors, row by row: largest difference of an entry, smallest and mean cosine."""

    largest: float
    least_cosine: float
    mean_cosine: float


def agreement(vectors: Vectors, reference: Vectors) -> Agreement:
    """Compare unit vectors (N, D) row by row; rows of zeros, in which nothing was found, are alike.

    >>> agreement(np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32))
    Agreement(largest=0.0, least_cosine=1.0, mean_cosine=1.0)
    """
    empty = ~(vectors.any(axis=1) | reference.any(axis=1))
    cosines = np.where(empty, 1.0, np.einsum("nd,nd->n", vectors, reference))
    largest = float(np.abs(vectors - reference).max(initial=0))
    return Agreement(largest, float(cosines.min(initial=1)), float(cosines.mean()))


def recall(speech: Vectors, texts: Vectors, right: NDArray[np.int64]) -> float:
    """R@1: the share of recordings (N, D) whose text, number `right` of (M, D), is nearest; ties are misses.

    >>> recall(np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32), np.array([0, 0]))
    0.5
    """
    scores = speech @ texts.T
    own = scores[np.arange(len(scores)), right]
    better = (scores >= own[:, None]).sum(axis=1)
    return float((better == 1).mean())


def development_speech(manifest: Path) -> Spoken:
    """The first recordings of a manifest that have a transcript or a translation, spread over it.

    Raises:
        PolyvoxError: none can be read.
    """
    rows = [row for row in read_manifest(manifest, check_files=True) if row.transcript or row.translation]
    chosen = rows[:: max(1, len(rows) // MOST_RECORDINGS)][:MOST_RECORDINGS]
    recordings, texts = [], []
    for row in chosen:
        try:
            recordings.append(load_audio(manifest_folder(manifest) / row.path))
        except ReadError:
            continue
        texts.append(row.transcript or row.translation)
    if not recordings:
        raise PolyvoxError(f"{manifest}: no recording with a text can be read, so nothing can be compared")
    return Spoken(recordings, texts)


def heard_part(audio: Audio, seconds: float) -> Audio:
    """What of a recording is heard by a tower that hears so many seconds."""
    return Audio(audio.samples[: int(seconds * SAMPLING_RATE)])


def sample_speech() -> Spoken:
    """The recordings of the sample collection, in pieces."""
    step = _PIECE_SECONDS * SAMPLING_RATE
    pieces = []
    with resources.as_file(resources.files("polyvox.samples")) as folder:
        for path in sorted(folder.rglob("*.ogg")):
            samples = load_audio(path).samples
            pieces += [Audio(samples[start : start + step]) for start in range(0, len(samples) - step, step)]
    return Spoken(pieces)


def sample_texts() -> list[str]:
    """The lines of the sample collection's plain texts, tables and subtitles."""
    with resources.as_file(resources.files("polyvox.samples")) as folder:
        lines = [
            line
            for path in sorted(folder.rglob("*.*"))
            if path.suffix in _TEXT_FILES
            for line in path.read_text("utf-8").splitlines()
        ]
    return sorted({line.strip() for line in lines if line.strip()})


def tower_vectors(tower: SpeechTower | DirectTower, recordings: Sequence[Audio]) -> Vectors:
    """What the trained tower makes of recordings, (N, D)."""
    import torch

    from polyvox.modules.speech import padded

    tower.eval()
    order = sorted(range(len(recordings)), key=lambda number: len(recordings[number].samples))
    found: dict[int, NDArray[np.float32]] = {}
    with torch.no_grad():
        for start in range(0, len(order), _RECORDINGS_AT_ONCE):
            some = order[start : start + _RECORDINGS_AT_ONCE]
            batch = padded([log_mel(recordings[number]) for number in some])
            vectors = tower(batch["input_features"], batch["lengths"]).numpy()
            found.update(zip(some, vectors, strict=True))
    return np.stack([found[number] for number in range(len(recordings))])
