"""Items to vectors: one call for items of either modality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from polyvox.encode.protocol import Encoder, Role, Vectors
from polyvox.item import UNKNOWN_LANGUAGE, Audio, Item


def encode_items(encoder: Encoder, items: Sequence[Item], *, role: Role = Role.PASSAGE) -> Vectors:
    """The vectors of items of either modality, in their order, shape (len(items), dimension).

    A recording whose item names a language is heard as being in it, unless it names its own.

    Raises:
        ModalityError: the model does not encode one of the modalities.
    """
    vectors = np.empty((len(items), encoder.card.dimension), np.float32)
    texts = [(row, item.content) for row, item in enumerate(items) if isinstance(item.content, str)]
    voices = [
        (row, _told(item.content, item.language))
        for row, item in enumerate(items)
        if isinstance(item.content, Audio)
    ]
    if texts:
        vectors[[row for row, _ in texts]] = encoder.encode_text([text for _, text in texts], role=role)
    if voices:
        vectors[[row for row, _ in voices]] = encoder.encode_speech([voice for _, voice in voices], role=role)
    return vectors


def _told(audio: Audio, language: str) -> Audio:
    if audio.languages or language == UNKNOWN_LANGUAGE:
        return audio
    return replace(audio, languages=(language,))
