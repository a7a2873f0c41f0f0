"""Speech recognisers that a cascade can begin with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from polyvox.errors import MissingExtraError, PolyvoxError
from polyvox.item import SAMPLING_RATE, Audio

if TYPE_CHECKING:
    from transformers import WhisperForConditionalGeneration, WhisperProcessor


class Pocketsphinx:
    """PocketSphinx with the American English model, dictionary and trigrams that its package carries.

    The features start anew with every recording: left alone, the running estimates of their means and of the
    noise carry over from one recording to the next and change its words.

    Raises:
        MissingExtraError: pocketsphinx is not installed.
    """

    max_seconds = 60.0

    def __init__(self) -> None:
        try:
            from importlib.metadata import version

            from pocketsphinx import Decoder
        except ImportError as error:
            raise MissingExtraError("evaluate", "the recogniser pocketsphinx") from error
        self._decoder = Decoder(samprate=SAMPLING_RATE, cmn="batch", loglevel="FATAL")
        self.name = "pocketsphinx"
        self.fingerprint = f"pocketsphinx {version('pocketsphinx')} en-us cmn=batch"

    def transcribe(self, recordings: Sequence[Audio]) -> list[str]:
        """The English words of each recording, empty where none were understood."""
        return [self._words(recording) for recording in recordings]

    def _words(self, recording: Audio) -> str:
        pcm = (np.clip(recording.samples, -1, 1) * 32_767).astype("<i2").tobytes()
        if not pcm:
            return ""
        self._decoder.reinit_feat()
        self._decoder.start_utt()
        self._decoder.process_raw(pcm, full_utt=True)
        self._decoder.end_utt()
        hypothesis = self._decoder.hyp()
        return str(hypothesis.hypstr) if hypothesis else ""


class WhisperTask(StrEnum):
    """What Whisper writes down."""

    TRANSCRIBE = "transcribe"
    TRANSLATE = "translate"


class Whisper:
    """A Whisper checkpoint in transformers' format (Radford et al. 2022), greedy decoding.

    Every recording is filled up to Whisper's 30 seconds, so its words do not depend on the batch. The
    language is detected. Checkpoints for English alone know no tasks.

    Args:
        model: a folder, or a name on the Hugging Face hub.
        task: write what is said, or its English.
        batch_size: recordings in one pass.

    Raises:
        MissingExtraError: transformers or torch is not installed.
        PolyvoxError: it is no Whisper checkpoint, or an English one is asked to translate.
    """

    max_seconds = 30.0

    def __init__(
        self, model: str, *, task: WhisperTask = WhisperTask.TRANSCRIBE, batch_size: int = 8
    ) -> None:
        self._model, self._processor = _opened(model)
        self._multilingual = hasattr(self._model.generation_config, "task_to_id")
        if task is WhisperTask.TRANSLATE and not self._multilingual:
            raise PolyvoxError(f"{model}: this Whisper knows English alone and cannot translate")
        self._task = task
        self._batch_size = batch_size
        self.name = f"whisper {Path(model).name}" + (" translate" if task is WhisperTask.TRANSLATE else "")
        self.fingerprint = f"{_digest(self._model)} {task}"

    def transcribe(self, recordings: Sequence[Audio]) -> list[str]:
        """The words of each recording, or their English, empty where none were understood."""
        return [words for batch in self._batches(recordings) for words in self._words(batch)]

    def _batches(self, recordings: Sequence[Audio]) -> Iterator[Sequence[Audio]]:
        for begin in range(0, len(recordings), self._batch_size):
            yield recordings[begin : begin + self._batch_size]

    def _words(self, batch: Sequence[Audio]) -> list[str]:
        import torch

        features = self._processor(
            [recording.samples for recording in batch],
            sampling_rate=SAMPLING_RATE,
            return_attention_mask=True,
            return_tensors="pt",
        )
        with torch.inference_mode():
            tokens = self._model.generate(
                features.input_features,
                attention_mask=features.attention_mask,
                do_sample=False,
                task=str(self._task) if self._multilingual else None,
            )
        decode: Callable[..., list[str]] = self._processor.batch_decode
        texts = decode(tokens, skip_special_tokens=True)
        return [text.strip() for text in texts]


def _opened(name: str) -> tuple[WhisperForConditionalGeneration, WhisperProcessor]:
    from polyvox.encode.hub import hub_reachable

    try:
        from transformers import WhisperForConditionalGeneration, WhisperProcessor
    except ImportError as error:
        raise MissingExtraError("hub", f"the recogniser whisper={name}") from error
    # What is already on this machine must not wait for a network.
    ways = (True,) if Path(name).exists() or not hub_reachable() else (True, False)
    for local in ways:
        try:
            model = WhisperForConditionalGeneration.from_pretrained(name, local_files_only=local)
            processor = WhisperProcessor.from_pretrained(name, local_files_only=local)
            return model, processor
        except (OSError, ValueError, ImportError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
    raise PolyvoxError(
        f"whisper={name}: cannot be opened as a Whisper checkpoint: {reason}. Give a folder, or a name on "
        "the Hugging Face hub such as openai/whisper-small (which needs the network the first time)"
    )


def _digest(model: WhisperForConditionalGeneration) -> str:
    """16 hexadecimal digits over every weight."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(tensor.detach().cpu().float().numpy()).data)
    return digest.hexdigest()[:16]
