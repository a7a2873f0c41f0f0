"""Self-supervised speech models of the transformers library as fronts, from a folder or the hub."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from polyvox.errors import PolyvoxError
from polyvox.item import SAMPLING_RATE, Audio
from polyvox.modules.front.hub_readers import HUB_KINDS, HubKind
from polyvox.modules.front.protocol import Frames
from polyvox.modules.front.settings import Settings, samples_at_least, slowed, write_settings

KIND = "hub"
_SAMPLES_A_BATCH = 60 * SAMPLING_RATE


class HubFront:
    """A frozen transformers speech encoder; the states of chosen layers are concatenated.

    On a GPU where there is one. Weights are read from safetensors only, and code that comes with a checkpoint
    is never run.

    Args:
        model: the encoder.
        extractor: its feature extractor.
        kind: how the two are used.
        settings: layers and stride.
    """

    def __init__(self, model: Any, extractor: Any, kind: HubKind, settings: Settings) -> None:  # noqa: ANN401
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self._model = model.eval().requires_grad_(False).to(device)
        self._extractor, self._kind = extractor, kind
        self._layers = settings.chosen(int(model.config.num_hidden_layers), str(model.config.model_type))
        self._stride = settings.stride_for(SAMPLING_RATE / kind.hop)

    @property
    def width(self) -> int:
        """Values a frame."""
        return int(self._model.config.hidden_size) * len(self._layers)

    @property
    def rate(self) -> float:
        """Frames a second."""
        return SAMPLING_RATE / self._kind.hop / self._stride

    @cached_property
    def fingerprint(self) -> str:
        """Over the weights, the feature extractor, the layers and the stride."""
        extractor = self._extractor.to_dict()
        digest = hashlib.sha256(json.dumps(extractor, sort_keys=True, default=str).encode())
        digest.update(f"{self._layers} {self._stride}".encode())
        for name, weights in sorted(self._model.state_dict().items()):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(weights.cpu().float().numpy()).data)
        return digest.hexdigest()[:16]

    @torch.inference_mode()
    def frames(self, recordings: Sequence[Audio]) -> list[Frames]:
        """One array (T, width) a recording, 25 a second unless another stride was chosen."""
        samples = [samples_at_least(recording.samples, self._kind.least) for recording in recordings]
        found: dict[int, Frames] = {}
        for batch in _batches([len(one) for one in samples]):
            states = self._kind.read(self._model, self._extractor, [samples[number] for number in batch])
            for number, layers in zip(batch, states, strict=True):
                chosen = torch.cat([layers[layer] for layer in self._layers], dim=-1)
                found[number] = slowed(chosen.float().cpu().numpy(), self._stride)
        return [found[number] for number in range(len(samples))]

    def save(self, folder: Path) -> None:
        """Write the encoder, its feature extractor and `front.json`."""
        write_settings(folder, KIND, self._layers, self._stride)
        self._model.save_pretrained(folder, safe_serialization=True)
        self._extractor.save_pretrained(folder)


def open_hub(name: str, settings: Settings) -> HubFront:
    """Open a checkpoint folder, or a name on the hub.

    Raises:
        PolyvoxError: it cannot be opened, or is of an unknown kind.
    """
    import transformers

    try:
        config = transformers.PretrainedConfig.get_config_dict(name)[0]
    except Exception as error:
        raise _unopened(name, error) from error
    kind = HUB_KINDS.get(str(config.get("model_type")))
    if kind is None:
        raise PolyvoxError(
            f"{name}: a checkpoint of the type {config.get('model_type')!r}; speech fronts are "
            f"{', '.join(HUB_KINDS)}"
        )
    try:
        extractor = getattr(transformers, kind.extractor).from_pretrained(name)
        model = _encoder(name, kind, config)
    except Exception as error:
        raise _unopened(name, error) from error
    return HubFront(model, extractor, kind, settings)


def _encoder(name: str, kind: HubKind, config: dict[str, Any]) -> Any:  # noqa: ANN401
    """The encoder of a checkpoint, float32; a saved front of Whisper holds its encoder only."""
    import transformers
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    alone = config.get("architectures") == [WhisperEncoder.__name__]
    found = WhisperEncoder if alone else getattr(transformers, kind.model)
    model = found.from_pretrained(name, use_safetensors=True, trust_remote_code=False, dtype=torch.float32)
    return model.get_encoder() if found.__name__ == "WhisperModel" else model


def _unopened(name: str, error: Exception) -> PolyvoxError:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return PolyvoxError(
        f"the speech model {name!r} cannot be opened: {lines[0].rstrip('.')}. Give the folder of a "
        "transformers checkpoint with config.json, preprocessor_config.json and model.safetensors, or its "
        "name on the Hugging Face hub (which needs the network the first time)"
    )


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Numbers of recordings of similar length, up to a minute of padded sound together."""
    batches: list[list[int]] = []
    for number in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batches and (len(batches[-1]) + 1) * lengths[number] <= _SAMPLES_A_BATCH:
            batches[-1].append(number)
        else:
            batches.append([number])
    return batches
