"""The light back end: polyvox's own models, with numpy and ONNX Runtime and without torch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from polyvox.encode.manifest import read_manifest
from polyvox.encode.prefix import shortened
from polyvox.encode.protocol import ModalityError, ModelCard, Role, Vectors
from polyvox.encode.static import StaticTextTower
from polyvox.errors import PolyvoxError
from polyvox.item import Audio, Modality

if TYPE_CHECKING:
    from polyvox.encode.speech import SpeechTower


class LightEncoder:
    """A model folder as an encoder; the part for a modality is opened when first asked for.

    Args:
        folder: holds `model.json` and the files that it names.
        dimension: one of the model's Matryoshka widths; the full width where None.
        source: what `load_encoder` takes to open this model again; the folder where empty.

    Raises:
        PolyvoxError: the folder holds no readable model, or the model has no such width.
    """

    def __init__(self, folder: Path, dimension: int | None = None, *, source: str = "") -> None:
        manifest = read_manifest(folder)
        width = manifest.dimension if dimension is None else dimension
        if width not in {manifest.dimension, *manifest.matryoshka}:
            widths = ", ".join(map(str, sorted({manifest.dimension, *manifest.matryoshka})))
            raise PolyvoxError(
                f"the model {manifest.name!r} has no dimension {width}; choose one of {widths}"
            )
        self.manifest = manifest
        self._folder = folder
        self._source = source or str(folder)
        self._width = width

    @cached_property
    def card(self) -> ModelCard:
        """What this encoder is; the vectors of two widths are two spaces."""
        return ModelCard(
            name=self.manifest.name,
            fingerprint=f"{self.manifest.fingerprint}-{self._width}",
            dimension=self._width,
            modalities=self.manifest.modalities,
            max_seconds=self.manifest.max_seconds,
            source=self._source,
        )

    @cached_property
    def _text(self) -> StaticTextTower:
        return StaticTextTower.load(self._folder)

    @cached_property
    def _speech(self) -> SpeechTower:
        from polyvox.encode.speech import SpeechTower

        return SpeechTower.load(self._folder, text=self._text)

    @property
    def symmetric(self) -> bool:
        """Whether queries and passages are encoded alike, so that each needs to be encoded once only."""
        return True

    def encode_text(self, texts: Sequence[str], *, role: Role = Role.PASSAGE) -> Vectors:
        """Encode texts, (N, dimension); both roles are encoded alike.

        Raises:
            ModalityError: the model does not read text.
        """
        if Modality.TEXT not in self.manifest.modalities:
            raise ModalityError(self.card, Modality.TEXT)
        return shortened(self._text.encode(texts), self._width)

    def weighed_text(self, texts: Sequence[str]) -> Vectors:
        """Vectors of texts as long as the texts weigh in a sum, (N, dimension).

        Raises:
            ModalityError: the model does not read text.
        """
        if Modality.TEXT not in self.manifest.modalities:
            raise ModalityError(self.card, Modality.TEXT)
        return self._text.sums(texts)[:, : self._width]

    def encode_speech(self, recordings: Sequence[Audio], *, role: Role = Role.PASSAGE) -> Vectors:
        """Encode recordings, (N, dimension); both roles are encoded alike.

        Raises:
            ModalityError: the model does not hear speech.
        """
        if Modality.SPEECH not in self.manifest.modalities:
            raise ModalityError(self.card, Modality.SPEECH)
        return shortened(self._speech.encode(recordings), self._width)
