"""The contract that every encoder fulfils."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from polyvox.errors import PolyvoxError
from polyvox.item import Audio, Modality

Vectors = NDArray[np.float32]
"""Shape (N, dimension), rows of unit length."""


class Role(StrEnum):
    """Which side of a search a content stands on; models with prompts treat the two differently."""

    QUERY = "query"
    PASSAGE = "passage"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What identifies a space: two encoders whose cards have one `fingerprint` make comparable vectors."""

    name: str
    fingerprint: str
    dimension: int
    modalities: frozenset[Modality]
    max_seconds: float = 0.0
    """Longest recording that is heard whole; longer ones are cut before they reach the encoder."""
    source: str = ""
    """What `load_encoder` takes to open this model again: "default", a folder, or a name."""
    text_fingerprint: str = ""
    """The fingerprint of the text model that this model's text half is, by its own weights; empty where the
    half is no model of its own. All vectors of this model are comparable with those of that one."""


@runtime_checkable
class Encoder(Protocol):
    """Turns text and speech into vectors of one space.

    An empty sequence gives an array of shape (0, dimension). A row never depends on the other rows of
    its batch.
    """

    @property
    def card(self) -> ModelCard:
        """What this encoder is."""
        ...

    def encode_text(self, texts: Sequence[str], *, role: Role = Role.PASSAGE) -> Vectors:
        """Encode texts.

        Raises:
            ModalityError: the model does not read text.
        """
        ...

    def encode_speech(self, recordings: Sequence[Audio], *, role: Role = Role.PASSAGE) -> Vectors:
        """Encode recordings.

        Raises:
            ModalityError: the model does not hear speech.
        """
        ...


class ModalityError(PolyvoxError):
    """A model was given a kind of content that it cannot encode."""

    def __init__(self, card: ModelCard, wanted: Modality) -> None:
        able = " and ".join(sorted(card.modalities)) or "nothing"
        super().__init__(f"the model {card.name!r} encodes {able}, not {wanted}; choose another with --model")
