"""The cascade: speech recognition, then a text encoder; the baseline of encoders that hear by themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

from polyvox.encode import Encoder, ModalityError, ModelCard, Role, Vectors
from polyvox.encode.untold import note_untold
from polyvox.evaluate.recognise import Pocketsphinx, Whisper, WhisperTask
from polyvox.item import Audio, Modality


class Recogniser(Protocol):
    """Turns recordings into their words; a recording's words never depend on the others."""

    @property
    def name(self) -> str:
        """What users call it."""
        ...

    @property
    def fingerprint(self) -> str:
        """Changes whenever the words may."""
        ...

    @property
    def max_seconds(self) -> float:
        """Longest recording that is heard whole."""
        ...

    def transcribe(self, recordings: Sequence[Audio]) -> list[str]:
        """The words of each recording, empty where none were understood."""
        ...


class Cascade:
    """A recogniser and a text encoder as one encoder of both.

    A recording's vector is the vector of its recognised words, so a recording without words has the vector of
    the empty text. `transcribe` gives the words themselves.

    Args:
        recogniser: hears the recordings.
        text_encoder: reads texts, and the words of recordings.
        source: what `load_system` takes to open this cascade again.

    Raises:
        ModalityError: `text_encoder` does not read text.
    """

    def __init__(self, recogniser: Recogniser, text_encoder: Encoder, *, source: str = "") -> None:
        if Modality.TEXT not in text_encoder.card.modalities:
            raise ModalityError(text_encoder.card, Modality.TEXT)
        self._recogniser = recogniser
        self._text_encoder = text_encoder
        text = text_encoder.card
        both = f"{recogniser.fingerprint}\n{text.fingerprint}"
        self._card = ModelCard(
            name=f"{recogniser.name} → {text.name}",
            fingerprint=f"{hashlib.sha256(both.encode()).hexdigest()[:16]}-{text.dimension}",
            dimension=text.dimension,
            modalities=frozenset(Modality),
            max_seconds=recogniser.max_seconds,
            source=source,
        )

    @property
    def card(self) -> ModelCard:
        """What this encoder is."""
        return self._card

    def encode_text(self, texts: Sequence[str], *, role: Role = Role.PASSAGE) -> Vectors:
        """Encode texts with the text encoder, (N, dimension)."""
        return self._text_encoder.encode_text(texts, role=role)

    def encode_speech(self, recordings: Sequence[Audio], *, role: Role = Role.PASSAGE) -> Vectors:
        """Encode the recognised words of recordings with the text encoder, (N, dimension)."""
        note_untold(self._card.name, recordings)
        return self._text_encoder.encode_text(self.transcribe(recordings), role=role)

    def transcribe(self, recordings: Sequence[Audio]) -> list[str]:
        """The recognised words of each recording."""
        return self._recogniser.transcribe(recordings)


class PocketsphinxCascade(Cascade):
    """English words by PocketSphinx and its own small model, then a text encoder.

    Raises:
        MissingExtraError: pocketsphinx is not installed.
        ModalityError: `text_encoder` does not read text.
    """

    def __init__(self, text_encoder: Encoder, *, source: str = "") -> None:
        super().__init__(Pocketsphinx(), text_encoder, source=source)


class WhisperCascade(Cascade):
    """Words in any of Whisper's languages, or their English, then a text encoder.

    Args:
        model: a folder or the name of a Whisper checkpoint on the Hugging Face hub.
        text_encoder: reads the words.
        task: `transcribe` writes what is said, `translate` its English.
        source: what `load_system` takes to open this cascade again.

    Raises:
        MissingExtraError: transformers is not installed.
        PolyvoxError: there is no such Whisper checkpoint.
        ModalityError: `text_encoder` does not read text.
    """

    def __init__(
        self,
        model: str,
        text_encoder: Encoder,
        *,
        task: WhisperTask | str = WhisperTask.TRANSCRIBE,
        source: str = "",
    ) -> None:
        super().__init__(Whisper(model, task=WhisperTask(task)), text_encoder, source=source)
