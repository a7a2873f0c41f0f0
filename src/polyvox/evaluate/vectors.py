"""Contents to vectors: each once, in chunks, timed, checked."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.protocol import Encoder, Role, Vectors
from polyvox.errors import ReadError
from polyvox.evaluate.problem import Content, Document, TaskError
from polyvox.item import Audio, Modality
from polyvox.read import load_audio

TEXTS_AT_ONCE = 4_096
RECORDINGS_AT_ONCE = 64
Watch = Callable[[int, int, str], None]
"""Told (done, total, what) while contents are encoded."""


@dataclass(slots=True)
class Cost:
    """What encoding took: wall-clock seconds, and what they were spent on."""

    texts: int = 0
    text_seconds: float = 0.0
    audio_seconds: float = 0.0
    speech_seconds: float = 0.0


@dataclass(slots=True)
class Unreadable:
    """Recordings that could not be read, by name; they have the zero vector, and count as misses."""

    names: dict[str | Path | bytes, str] = field(default_factory=dict)

    def among(self, contents: Iterable[Content]) -> NDArray[np.bool_]:
        """Which contents are such recordings, (N,)."""
        return np.array([_identity(content) in self.names for content in contents], np.bool_)

    def note(self, contents: Iterable[Content]) -> str:
        """How many of the contents, in words; empty when none."""
        found = {identity for content in contents if (identity := _identity(content)) in self.names}
        if not found:
            return ""
        first = next(name for identity, name in self.names.items() if identity in found)
        return f"{len(found)} recordings cannot be read and count as misses: {first}"


class Vectoriser:
    """An encoder that remembers what it has encoded within a task.

    Args:
        encoder: makes the vectors.
        watch: told how far a long encoding has come.
    """

    def __init__(self, encoder: Encoder, watch: Watch | None = None) -> None:
        self._encoder = encoder
        self._watch = watch or (lambda done, total, what: None)
        # A recording that is asked and searched need not be heard twice by a model that knows no roles.
        self._alike = bool(getattr(encoder, "symmetric", False))
        self._known: dict[tuple[Role, str | Path | bytes], Vectors] = {}
        self.cost = Cost()
        self.unreadable = Unreadable()

    def __call__(self, contents: Sequence[Content], role: Role) -> Vectors:
        """Encode contents, (N, dimension), unit rows.

        Raises:
            ModalityError: the model does not encode such content.
            TaskError: a vector is not a number; the message names the content.
        """
        role = Role.PASSAGE if self._alike else role
        keys = [(role, _identity(content)) for content in contents]
        new = {key: c for key, c in zip(keys, contents, strict=True) if key not in self._known}
        texts = [content for content in new.values() if content.modality is Modality.TEXT]
        spoken = [content for content in new.values() if content.modality is Modality.SPEECH]
        for content, vector in zip(texts, self._texts(texts, role), strict=True):
            self._known[role, _identity(content)] = vector
        for content, vector in zip(spoken, self._recordings(spoken, role), strict=True):
            self._known[role, _identity(content)] = vector
        return np.stack([self._known[key] for key in keys])

    def documents(self, documents: Sequence[Document]) -> Vectors:
        """Encode a pool, (N, dimension); a class is the mean of its examples, made unit length."""
        if not any(document.examples for document in documents):
            return self([document.content for document in documents], Role.PASSAGE)
        rows = np.stack([self(d.examples or (d.content,), Role.PASSAGE).mean(axis=0) for d in documents])
        unit: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-12))
        return unit

    def _texts(self, contents: Sequence[Content], role: Role) -> Iterator[Vectors]:
        for start in range(0, len(contents), TEXTS_AT_ONCE):
            chunk = contents[start : start + TEXTS_AT_ONCE]
            began = time.perf_counter()
            vectors = self._encoder.encode_text([content.text for content in chunk], role=role)
            self.cost.text_seconds += time.perf_counter() - began
            self.cost.texts += len(chunk)
            yield from _checked(vectors, chunk)
            self._watch(start + len(chunk), len(contents), "texts")

    def _recordings(self, contents: Sequence[Content], role: Role) -> Iterator[Vectors]:
        for start in range(0, len(contents), RECORDINGS_AT_ONCE):
            chunk = contents[start : start + RECORDINGS_AT_ONCE]
            heard = [self._load(content) for content in chunk]
            audio = [one for one in heard if one is not None]
            readable = [content for content, one in zip(chunk, heard, strict=True) if one is not None]
            began = time.perf_counter()
            vectors = iter(_checked(self._encoder.encode_speech(audio, role=role), readable))
            self.cost.speech_seconds += time.perf_counter() - began
            self.cost.audio_seconds += sum(one.seconds for one in audio)
            silence = np.zeros(self._encoder.card.dimension, np.float32)
            yield from (silence if one is None else next(vectors) for one in heard)
            self._watch(start + len(chunk), len(contents), "recordings")

    def _load(self, content: Content) -> Audio | None:
        audio = content.audio
        if audio is None:
            return None
        try:
            return load_audio(io.BytesIO(audio) if isinstance(audio, bytes) else audio)
        except ReadError as error:
            self.unreadable.names[audio] = error.path
            return None


def _identity(content: Content) -> str | Path | bytes:
    return content.text if content.audio is None else content.audio


def _checked(vectors: Vectors, contents: Iterable[Content]) -> Vectors:
    whole = np.isfinite(vectors).all(axis=1)
    if not whole.all():
        bad = list(contents)[int(np.flatnonzero(~whole)[0])]
        what = str(bad.audio) if isinstance(bad.audio, Path) else repr(bad.text[:60])
        raise TaskError(f"the model gives a vector that is not a number for {what}; is its file damaged?")
    return vectors
