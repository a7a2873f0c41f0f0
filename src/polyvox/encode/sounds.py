"""The model `sounds`: what is said, sound by sound, in any language, without knowing a word of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.load import SOUNDS_MODEL
from polyvox.encode.manifest import read_manifest
from polyvox.encode.protocol import ModalityError, ModelCard, Role, Vectors
from polyvox.encode.speech import MODEL_FILE, SpeechTower
from polyvox.encode.untold import note_untold
from polyvox.errors import PolyvoxError
from polyvox.item import Audio, Modality

POSITIONS = 8
"""Parts of a recording, from its first sound to its last, each of which has its own share of the vector."""
OVERLAP = 1.5
"""How far a part reaches to either side, in parts."""
_RULE = "sounds-1"
"""Changes whenever the vectors do though the network stays the same."""


class SoundsEncoder:
    """Recordings of the same words in one language lie close together; it knows no meaning and no text.

    Args:
        folder: of a light model whose speech half tells sounds.
        dimension: must be None or the full width.

    Raises:
        PolyvoxError: the model tells no sounds, or another dimension is asked for.
    """

    def __init__(self, folder: Path, dimension: int | None = None) -> None:
        self._manifest = read_manifest(folder)
        self._tower = SpeechTower(folder / MODEL_FILE)
        if self._tower.inventory < 2:
            raise PolyvoxError(f"{folder} holds no speech half that tells sounds")
        if dimension not in (None, self.card.dimension):
            raise PolyvoxError(
                f"the model {SOUNDS_MODEL!r} has no dimension {dimension}, only {self.card.dimension}"
            )

    @cached_property
    def card(self) -> ModelCard:
        """What this encoder is; it stays the same where the words of the model below change."""
        facts = f"{_RULE} {POSITIONS} {OVERLAP} {self._manifest.files[MODEL_FILE]}"
        return ModelCard(
            name=SOUNDS_MODEL,
            fingerprint=hashlib.sha256(facts.encode()).hexdigest()[:16],
            dimension=POSITIONS * (self._tower.inventory - 1),
            modalities=frozenset({Modality.SPEECH}),
            max_seconds=self._manifest.max_seconds,
            source=SOUNDS_MODEL,
        )

    @property
    def symmetric(self) -> bool:
        """Whether queries and passages are encoded alike, so that each needs to be encoded once only."""
        return True

    def encode_text(self, texts: Sequence[str], *, role: Role = Role.PASSAGE) -> Vectors:
        """Refuse.

        Raises:
            ModalityError: always.
        """
        raise ModalityError(self.card, Modality.TEXT)

    def encode_speech(self, recordings: Sequence[Audio], *, role: Role = Role.PASSAGE) -> Vectors:
        """Encode recordings, (N, dimension); both roles and all languages are encoded alike."""
        note_untold(self.card.name, recordings)
        vectors = np.zeros((len(recordings), self.card.dimension), np.float32)
        for row, sounds in zip(vectors, self._tower.sounds(recordings), strict=True):
            row[:] = sounds_vector(sounds)
        return vectors


def sounds_vector(sounds: Vectors) -> NDArray[np.float32]:
    """A unit vector of the order in which a recording holds its sounds.

    The recording's time runs by what is heard: a frame takes as much of it as its chance of not being blank,
    so pauses and slow speech take none. Each of 8 overlapping parts sums the square roots of the chances of
    the sounds in its frames (so that an inner product is a Bhattacharyya coefficient), and what is common to
    all parts is taken off: it tells the voice and the language rather than the words.

    Args:
        sounds: log-likelihoods by frame, (T, V), the blank first.

    Returns:
        (8 · (V - 1),), of unit length; zero where all parts are alike.

    >>> said = lambda *order: sounds_vector(np.log(np.float32(np.eye(5)[list(order)] * 0.95 + 0.01)))
    >>> slowly, backwards = said(0, 1, 0, 2, 3, 0, 0, 4), said(4, 3, 2, 1)
    >>> [round(float(said(1, 2, 3, 4) @ other), 1) for other in (slowly, backwards)]
    [1.0, -0.3]
    """
    chances = np.exp(sounds.astype(np.float32))
    heard = 1 - chances[:, 0]
    times = (np.cumsum(heard) - heard / 2) / max(float(heard.sum()), 1e-6) * POSITIONS
    centres = np.arange(POSITIONS) + 0.5
    shares = np.maximum(0, 1 - np.abs(times - centres[:, None]) / OVERLAP)
    parts = shares @ np.sqrt(chances[:, 1:])
    parts -= parts.mean(axis=0)
    length = np.linalg.norm(parts)
    return np.asarray(parts.ravel() / max(float(length), 1e-9), np.float32)
