"""Other people's models: whatever sentence-transformers can open."""

from __future__ import annotations

import hashlib
import math
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import numpy as np

from polyvox.encode.prefix import shortened
from polyvox.encode.protocol import ModalityError, ModelCard, Role, Vectors
from polyvox.encode.untold import note_untold
from polyvox.errors import MissingExtraError, PolyvoxError
from polyvox.item import SAMPLING_RATE, Audio, Modality

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

MAX_SECONDS = 30.0
"""Longest recording that is handed over whole; speech models of this kind read windows of 30 seconds."""
_MODALITY_NAMES = {"text": Modality.TEXT, "audio": Modality.SPEECH}


class HubEncoder:
    """A sentence-transformers model, by path or by its name on the Hugging Face hub.

    The model's own prompts for queries and passages are used. Code that comes with a model is never run.

    Args:
        name: a folder or a hub name.
        dimension: cut vectors to a prefix and make them unit length again; the full width where None.
        batch_size: texts or recordings in one forward pass.

    Raises:
        MissingExtraError: sentence-transformers is not installed.
        PolyvoxError: there is no such model, it cannot be opened, or it is narrower than `dimension`.
    """

    def __init__(self, name: str, dimension: int | None = None, *, batch_size: int = 32) -> None:
        self._model = _opened(name)
        full = self._model.get_embedding_dimension()
        if not full:
            raise PolyvoxError(
                f"the model {name!r} does not say how wide its vectors are; polyvox cannot use it"
            )
        if dimension is not None and not 1 <= dimension <= full:
            raise PolyvoxError(
                f"the model {name!r} has {full} dimensions; {dimension} is not among 1 to {full}"
            )
        self._batch_size = batch_size
        self._can_be_told = any(getattr(module, "can_be_told", False) for module in self._model.modules())
        able = frozenset(_MODALITY_NAMES[able] for able in self._model.modalities if able in _MODALITY_NAMES)
        width = dimension or full
        self._card = ModelCard(
            name=name,
            source=name,
            fingerprint=f"{_fingerprint(self._model)}-{width}",
            dimension=width,
            modalities=able,
            max_seconds=_longest_heard(self._model) if Modality.SPEECH in able else 0.0,
            text_fingerprint=f"{half}-{width}" if (half := _text_fingerprint(self._model)) else "",
        )

    @property
    def card(self) -> ModelCard:
        """What this encoder is."""
        return self._card

    @property
    def model(self) -> SentenceTransformer:
        """The sentence-transformers model itself."""
        return self._model

    @property
    def prompts(self) -> Mapping[str, str]:
        """What the model puts before texts, by its own names of the occasions; empty ones are left out."""
        return {name: prompt for name, prompt in self._model.prompts.items() if prompt}

    @property
    def precision(self) -> str:
        """The types of its weights."""
        kinds = {str(weights.dtype).removeprefix("torch.") for weights in self._model.parameters()}
        return ", ".join(sorted(kinds))

    @property
    def max_length(self) -> str:
        """How much of a text it reads."""
        tokens = self._model.get_max_seq_length()
        return f"{tokens:.0f} tokens" if tokens and math.isfinite(tokens) else ""

    def encode_text(self, texts: Sequence[str], *, role: Role = Role.PASSAGE) -> Vectors:
        """Encode texts, (N, dimension).

        Raises:
            ModalityError: the model does not read text.
        """
        if Modality.TEXT not in self._card.modalities:
            raise ModalityError(self._card, Modality.TEXT)
        return self._encode(list(texts), role)

    def encode_speech(self, recordings: Sequence[Audio], *, role: Role = Role.PASSAGE) -> Vectors:
        """Encode recordings, (N, dimension); of the languages they name only our own modules take notice.

        Raises:
            ModalityError: the model does not hear speech.
        """
        if Modality.SPEECH not in self._card.modalities:
            raise ModalityError(self._card, Modality.SPEECH)
        inputs: list[dict[str, object]] = [
            {"array": recording.samples, "sampling_rate": SAMPLING_RATE} for recording in recordings
        ]
        if self._can_be_told:
            for one, recording in zip(inputs, recordings, strict=True):
                one["languages"] = recording.languages
        else:
            note_untold(self._card.name, recordings)
        return self._encode(inputs, role)

    def _encode(self, inputs: Sequence[object], role: Role) -> Vectors:
        if not inputs:
            return np.zeros((0, self._card.dimension), np.float32)
        encode: Callable[..., Any] = (
            self._model.encode_query if role is Role.QUERY else self._model.encode_document
        )
        vectors = encode(
            inputs,
            batch_size=self._batch_size,
            show_progress_bar=False,
            convert_to_numpy=True,
            normalize_embeddings=True,
        )
        return shortened(np.asarray(vectors, np.float32), self._card.dimension)


def _opened(name: str) -> SentenceTransformer:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise MissingExtraError("hub", f"the model {name!r}") from error
    from polyvox.modules.space import is_space, open_space

    if is_space(Path(name)):
        return open_space(Path(name))
    try:
        return SentenceTransformer(name, trust_remote_code=False, local_files_only=True)
    except Exception as error:
        if Path(name).exists() or not hub_reachable():
            raise _unopened(name, error) from error
    try:
        return SentenceTransformer(name, trust_remote_code=False)
    except Exception as error:
        raise _unopened(name, error) from error


def _longest_heard(model: SentenceTransformer) -> float:
    """Seconds that the model's own speech module hears, `MAX_SECONDS` where it does not say."""
    said = (getattr(module, "max_seconds", None) for module in model.modules())
    return next((float(seconds) for seconds in said if seconds), MAX_SECONDS)


def _unopened(name: str, error: Exception) -> PolyvoxError:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return PolyvoxError(
        f"the model {name!r} cannot be opened: {lines[0].rstrip('.')}. Give 'default', a folder, "
        "or a name on the Hugging Face hub (which needs the network the first time)"
    )


def hub_reachable() -> bool:
    """Whether it is worth asking the hub; without this, its client tries for a minute and a half."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    address = urlsplit(constants.ENDPOINT)
    if getproxies():
        return True
    try:
        port = address.port or (80 if address.scheme == "http" else 443)
        with socket.create_connection((address.hostname or "", port), timeout=5):
            return True
    except OSError:
        return False


def _fingerprint(model: SentenceTransformer) -> str:
    """16 hexadecimal digits over the modules, the prompts and every weight."""
    digest = hashlib.sha256(f"{model}{sorted(model.prompts.items())}".encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(tensor.detach().cpu().float().numpy()).data)
    return digest.hexdigest()[:16]


def _text_fingerprint(model: SentenceTransformer) -> str:
    """The fingerprint of the text half of a model of two modalities, as if it were opened alone.

    It is computed from the weights that are there, not read from a card: a half that was trained further has
    another one. Empty where the model has no such halves.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Router

    routers = [module for module in model.modules() if isinstance(module, Router)]
    if len(routers) != 1:
        return ""
    routes = dict(routers[0].sub_modules.items())
    if "text" not in routes or len(routes) < 2:
        return ""
    prompts = {name: prompt or "" for name, prompt in model.prompts.items()}
    text: Any = routes["text"]
    alone = SentenceTransformer(modules=list(text), prompts=prompts, device=str(model.device))
    return _fingerprint(alone)
