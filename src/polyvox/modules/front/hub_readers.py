"""How each family of transformers speech models is fed, so that no recording depends on its batch.

A reader takes a model, its feature extractor and the samples of some recordings, and gives for each the
states of all layers, (layers + 1, T, width), cut to the frames that the recording really has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from polyvox.item import SAMPLING_RATE

Samples = NDArray[np.float32]
Reader = Callable[[Any, Any, Sequence[Samples]], list[Tensor]]


def read_waveforms(model: Any, extractor: Any, recordings: Sequence[Samples]) -> list[Tensor]:  # noqa: ANN401
    """wav2vec 2.0 and HuBERT (arXiv 2006.11477, 2106.07447): samples in, 50 frames a second.

    Models with group normalisation average over time, padding included, and were trained without a mask: they
    read one recording at a time.
    """
    if model.config.feat_extract_norm == "group":
        return [
            _states(model(_waveform(extractor, one, model)[None], output_hidden_states=True))[:, 0]
            for one in recordings
        ]
    waveforms = [_waveform(extractor, one, model) for one in recordings]
    lengths = [len(one) for one in waveforms]
    states = _states(
        model(_padded(waveforms), attention_mask=_mask(lengths, model), output_hidden_states=True)
    )
    return [states[:, row, : _convolved(length, model.config)] for row, length in enumerate(lengths)]


def read_filterbanks(model: Any, extractor: Any, recordings: Sequence[Samples]) -> list[Tensor]:  # noqa: ANN401
    """w2v-BERT 2.0 (arXiv 2312.05187): filter banks in, two frames stacked, 50 frames a second."""
    features = []
    for one in recordings:
        found = extractor(one, sampling_rate=SAMPLING_RATE, return_tensors="pt")
        length = int(found["attention_mask"].sum())
        features.append(found["input_features"][0, :length].to(_device(model)))
    lengths = [len(one) for one in features]
    states = _states(
        model(_padded(features), attention_mask=_mask(lengths, model), output_hidden_states=True)
    )
    return [states[:, row, :length] for row, length in enumerate(lengths)]


def read_windows(model: Any, extractor: Any, recordings: Sequence[Samples]) -> list[Tensor]:  # noqa: ANN401
    """Whisper's encoder (arXiv 2212.04356): windows of 30 s, filled up with silence, 50 frames a second.

    What the silence becomes is cut off; a longer recording is read window by window.
    """
    window = int(extractor.n_samples)
    return [
        torch.cat(
            [_window(model, extractor, one[start : start + window]) for start in range(0, len(one), window)],
            dim=1,
        )
        for one in recordings
    ]


class HubKind(NamedTuple):
    """A family of models: its classes in transformers, and how it is fed.

    `least` is how many samples it needs at least, and `hop` how many one more frame takes.
    """

    model: str
    extractor: str
    read: Reader
    least: int
    hop: int = 320


HUB_KINDS: Mapping[str, HubKind] = {
    "wav2vec2": HubKind("Wav2Vec2Model", "Wav2Vec2FeatureExtractor", read_waveforms, 400),
    "hubert": HubKind("HubertModel", "Wav2Vec2FeatureExtractor", read_waveforms, 400),
    "wav2vec2-bert": HubKind("Wav2Vec2BertModel", "SeamlessM4TFeatureExtractor", read_filterbanks, 880),
    "whisper": HubKind("WhisperModel", "WhisperFeatureExtractor", read_windows, 1),
}
"""By the `model_type` of `config.json`."""


def _window(model: Any, extractor: Any, samples: Samples) -> Tensor:  # noqa: ANN401
    features = extractor(samples, sampling_rate=SAMPLING_RATE, return_tensors="pt")["input_features"]
    states = _states(model(features.to(_device(model)), output_hidden_states=True))
    return states[:, 0, : -(-len(samples) // (extractor.n_samples // model.config.max_source_positions))]


def _states(output: Any) -> Tensor:  # noqa: ANN401
    """(layers + 1, B, T, width); the last layer is the model's own output, normalised where it does that."""
    return torch.stack([*output.hidden_states[:-1], output.last_hidden_state])


def _waveform(extractor: Any, samples: Samples, model: Any) -> Tensor:  # noqa: ANN401
    values = extractor(samples, sampling_rate=SAMPLING_RATE, return_tensors="pt")["input_values"][0]
    return torch.as_tensor(values, dtype=torch.float32, device=_device(model))


def _padded(rows: Sequence[Tensor]) -> Tensor:
    return torch.nn.utils.rnn.pad_sequence(list(rows), batch_first=True)


def _mask(lengths: Sequence[int], model: Any) -> Tensor:  # noqa: ANN401
    device = _device(model)
    places = torch.arange(max(lengths), device=device)
    return (places < torch.tensor(lengths, device=device)[:, None]).long()


def _convolved(samples: int, config: Any) -> int:  # noqa: ANN401
    """Frames that the strided convolutions leave."""
    for kernel, stride in zip(config.conv_kernel, config.conv_stride, strict=True):
        samples = (samples - kernel) // stride + 1
    return samples


def _device(model: Any) -> torch.device:  # noqa: ANN401
    return next(model.parameters()).device  # type: ignore[no-any-return]
