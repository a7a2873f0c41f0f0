"""The light speech tower: log-mel features in numpy, the network in ONNX Runtime, no torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyvox.encode.features import MELS, Features, log_mel
from polyvox.encode.lexicon import LEXICON_FILE, Lexicon
from polyvox.encode.protocol import Vectors
from polyvox.encode.static import StaticTextTower
from polyvox.encode.told import ToldLexicons
from polyvox.encode.untold import note_untold
from polyvox.encode.words import FRAMES_A_STEP, SpokenWords
from polyvox.errors import PolyvoxError
from polyvox.item import SAMPLING_RATE, Audio

MODEL_FILE = "speech.onnx"
SOUNDS = "sounds"
"""The output with the log-likelihoods of the sounds."""
_FRAMES_A_BATCH = 12_000
"""Padded frames that go through the network at once: two minutes of sound."""


class SpeechTower:
    """Hears recordings: the exported half of a polyvox model.

    Args:
        path: an ONNX file with the inputs `features` (B, T, 80) and `lengths` (B,). Its output is `vectors`,
            or, with a lexicon, what `polyvox.encode.words` needs.
        words: a lexicon and the text tower that gives its words a meaning.
        threads: how many threads the network may use; 0 leaves the choice to ONNX Runtime.

    Raises:
        PolyvoxError: there is no such file, or it is not a speech tower.
    """

    def __init__(self, path: Path, *, words: SpokenWords | None = None, threads: int = 0) -> None:
        if not path.is_file():
            raise PolyvoxError(f"{path}: no such file; the model cannot hear speech without it")
        self._path = path
        self._words = words
        self._threads = threads

    @classmethod
    def load(cls, folder: Path, *, text: StaticTextTower | None = None, threads: int = 0) -> SpeechTower:
        """The speech tower of a model folder; the network is read when it is first needed.

        Args:
            folder: a light model.
            text: its text tower, which a lexicon needs, where it is open already.
            threads: as above.
        """
        words = None
        if (folder / LEXICON_FILE).is_file():
            lexicon = Lexicon.load(folder)
            vectors = (text or StaticTextTower.load(folder)).vectors
            words = SpokenWords(lexicon, vectors, ToldLexicons(lexicon, folder))
        return cls(folder / MODEL_FILE, words=words, threads=threads)

    @cached_property
    def _session(self) -> Any:  # noqa: ANN401 - onnxruntime has no types
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        # A thread that waits by spinning takes the core from the reader that decodes the next recording.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            return onnxruntime.InferenceSession(self._path, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise PolyvoxError(f"{self._path} is not a usable ONNX model: {error}") from error

    @cached_property
    def _metadata(self) -> dict[str, str]:
        return dict(self._session.get_modelmeta().custom_metadata_map)

    @cached_property
    def _outputs(self) -> list[str]:
        return [str(output.name) for output in self._session.get_outputs()]

    @property
    def max_seconds(self) -> float:
        """Longest recording that is heard; what comes later in it is ignored."""
        return float(self._metadata.get("max_seconds", 20.0))

    @property
    def dimension(self) -> int:
        """Width of the vectors."""
        if self._words is not None:
            return self._words.dimension
        return int(self._session.get_outputs()[0].shape[1])

    def encode(self, recordings: Sequence[Audio]) -> Vectors:
        """Encode recordings, each as it would be alone.

        With a lexicon, words of the languages that a recording names count more; where it names none, those
        of the languages that it seems to be in.

        Returns:
            Shape (N, dimension), float32, rows of unit length.
        """
        vectors = np.zeros((len(recordings), self.dimension), np.float32)
        if self._words is None:
            note_untold(str(self._path), recordings)
        for batch, lengths, outputs in self._run(recordings):
            heard = dict(zip(self._outputs, outputs, strict=True))
            if self._words is None:
                vectors[batch] = heard["vectors"]
            else:
                told = [recordings[number].languages for number in batch]
                vectors[batch] = self._words.vectors(heard, lengths, told)
        return vectors

    def sounds(self, recordings: Sequence[Audio]) -> list[Vectors]:
        """Log-likelihoods of the sounds by frame, each recording's as it would be alone.

        Returns:
            One array (T, V) a recording, 25 frames a second, the blank first.

        Raises:
            PolyvoxError: the network does not tell sounds.
        """
        if SOUNDS not in self._outputs:
            raise PolyvoxError(f"{self._path} tells no sounds; use the speech half of a model with a lexicon")
        found: list[Vectors] = [np.zeros((0, 0), np.float32)] * len(recordings)
        for batch, lengths, (sounds,) in self._run(recordings, [SOUNDS]):
            for number, length, rows in zip(batch, lengths, sounds, strict=True):
                found[number] = rows[: -(-length // FRAMES_A_STEP)]
        return found

    @property
    def inventory(self) -> int:
        """How many sounds the network tells apart, the blank included; 0 where it tells none."""
        shapes = {str(output.name): output.shape for output in self._session.get_outputs()}
        return int(shapes[SOUNDS][2]) if SOUNDS in shapes else 0

    def _run(
        self, recordings: Sequence[Audio], wanted: list[str] | None = None
    ) -> Iterator[tuple[list[int], NDArray[np.int64], list[Any]]]:
        """Batches of recordings of like length: their numbers, log-mel frames, and what the network says."""
        longest = int(self.max_seconds * SAMPLING_RATE)
        features = [log_mel(Audio(audio.samples[:longest])) for audio in recordings]
        for batch in _batches(features):
            padded, lengths = _pad([features[number] for number in batch])
            yield batch, lengths, self._session.run(wanted, {"features": padded, "lengths": lengths})


def _batches(features: Sequence[Features]) -> Iterator[list[int]]:
    batch: list[int] = []
    for number in sorted(range(len(features)), key=lambda number: len(features[number])):
        if batch and (len(batch) + 1) * len(features[number]) > _FRAMES_A_BATCH:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _pad(features: Sequence[Features]) -> tuple[Features, NDArray[np.int64]]:
    lengths = np.array([len(one) for one in features], np.int64)
    padded = np.zeros((len(features), int(lengths.max()), MELS), np.float32)
    for row, one in zip(padded, features, strict=True):
        row[: len(one)] = one
    return padded, lengths
