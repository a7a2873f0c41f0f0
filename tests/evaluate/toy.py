"""An encoder small enough to reason about: a text is the sum of fixed random vectors of its words."""

import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from polyvox.encode import ModalityError, ModelCard, Role, Vectors
from polyvox.item import Audio, Modality


class WordEncoder:
    """Words that `same` maps to one another are one word; a recording is a word, its length in samples."""

    def __init__(
        self,
        same: Mapping[str, str] | None = None,
        *,
        hears: bool = False,
        name: str = "toy",
        dimension: int = 32,
    ) -> None:
        self._same = dict(same or {})
        modalities = {Modality.TEXT, Modality.SPEECH} if hears else {Modality.TEXT}
        self.card = ModelCard(name, f"{name}-fingerprint", dimension, frozenset(modalities))
        self.encoded: list[str] = []

    def encode_text(self, texts: Sequence[str], *, role: Role = Role.PASSAGE) -> Vectors:
        self.encoded += texts
        return unit([sum(map(self._word, text.casefold().split()), self._word("")) for text in texts])

    def encode_speech(self, recordings: Sequence[Audio], *, role: Role = Role.PASSAGE) -> Vectors:
        if Modality.SPEECH not in self.card.modalities:
            raise ModalityError(self.card, Modality.SPEECH)
        return unit([self._word(str(len(one.samples))) for one in recordings])

    def _word(self, word: str) -> Vectors:
        seed = zlib.crc32(self._same.get(word, word).encode())
        vector = np.random.default_rng(seed).standard_normal(self.card.dimension)
        return np.asarray(vector if word else 0 * vector, np.float32)


def unit(rows: Sequence[Vectors]) -> Vectors:
    stacked = np.array(rows, np.float32)
    return np.asarray(stacked / np.maximum(np.linalg.norm(stacked, axis=1, keepdims=True), 1e-12), np.float32)
