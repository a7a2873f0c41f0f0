from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from polyvox.encode.protocol import ModelCard, Role, Vectors
from polyvox.index import Index
from polyvox.item import Audio, Item, Modality

DIMENSION = 16
GREETINGS = [
    Item("good morning friends", path="a/en.txt", position=0, language="en", metadata={"by": "Ann's"}),
    Item("bom dia amigos", path="a/pt.txt", position=0, language="pt-BR", metadata={"by": "Rui"}),
    Item("bom dia a todos", path="a/pt.txt", position=1, language="pt"),
    Item("guten Morgen", path="b/de.txt", position=0, language="de", locator="page 3"),
    Item(Audio(np.full(160, 0.5, np.float32)), path="b/x.ogg", language="pt", start=1.0, end=4.6),
]


class HashedWords:
    """Bag of hashed words: texts that share words are near each other; deterministic, no model."""

    def __init__(self, dimension: int = DIMENSION, fingerprint: str = "hashed-words-1") -> None:
        self.card = ModelCard("hashed-words", fingerprint, dimension, frozenset(Modality))

    def encode_text(self, texts: Sequence[str], *, role: Role = Role.PASSAGE) -> Vectors:
        rows = np.zeros((len(texts), self.card.dimension), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split():
                row += self._direction(word.encode())
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.where(norms > 0, norms, 1), np.float32)

    def encode_speech(self, recordings: Sequence[Audio], *, role: Role = Role.PASSAGE) -> Vectors:
        rows = [self._direction(recording.samples.tobytes()) for recording in recordings]
        return np.stack(rows).astype(np.float32) if rows else np.zeros((0, self.card.dimension), np.float32)

    def _direction(self, key: bytes) -> Vectors:
        seed = int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "little")
        direction = np.random.default_rng(seed).standard_normal(self.card.dimension).astype(np.float32)
        return np.asarray(direction / np.linalg.norm(direction), np.float32)


@pytest.fixture
def encoder() -> HashedWords:
    return HashedWords()


@pytest.fixture
def stranger() -> HashedWords:
    return HashedWords(fingerprint="other-words")


@pytest.fixture
def index(tmp_path: Path, encoder: HashedWords) -> Index:
    return Index.create(tmp_path / "index", encoder)


@pytest.fixture
def greetings(index: Index) -> Index:
    index.add(GREETINGS)
    return index
