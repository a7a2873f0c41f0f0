"""The speech half of a light model as a front: the states that it reads its sounds from."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from polyvox.encode.features import FRAMES_PER_SECOND, log_mel
from polyvox.encode.speech import MODEL_FILE
from polyvox.errors import MissingExtraError, PolyvoxError
from polyvox.item import Audio
from polyvox.modules.front.protocol import Frames
from polyvox.modules.front.settings import Settings, slowed, write_settings

KIND = "light"
_SOUNDS = "sounds"
_ADDITIONS_A_BLOCK = 3
"""Attention, convolution and feed-forward each add to the states; see `polyvox.modules.conformer`."""
_SUBSAMPLING = 4


class LightFront:
    """Hidden states of a light model's speech tower, 25 frames a second, in ONNX Runtime.

    Layer 0 is what goes into the first block; the last layer is normalised, and the model reads its sounds
    from it. Recordings go through one at a time, as long as they are.

    Args:
        path: an ONNX file with an output `sounds`, such as that of the model that comes with polyvox.
        settings: layers and stride.

    Raises:
        PolyvoxError: no such file, or it has no such output or layer.
        MissingExtraError: the package `onnx` is not installed.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        if not path.is_file():
            raise PolyvoxError(f"{path}: no such file; the front needs the speech half of a light model")
        self._path = path
        graph = _graph(path)
        states, self._states_width = _states(graph, path)
        self._layers = settings.chosen(len(states) - 1, str(path))
        self._names = [states[layer] for layer in self._layers]
        self._stride = settings.stride_for(FRAMES_PER_SECOND / _SUBSAMPLING)
        self._session = _session(graph, self._names, path)

    @property
    def width(self) -> int:
        """Values a frame."""
        return self._states_width * len(self._layers)

    @property
    def rate(self) -> float:
        """Frames a second."""
        return FRAMES_PER_SECOND / _SUBSAMPLING / self._stride

    @cached_property
    def fingerprint(self) -> str:
        """Over the file, the layers and the stride."""
        digest = hashlib.sha256(self._path.read_bytes())
        digest.update(f"{self._layers} {self._stride}".encode())
        return digest.hexdigest()[:16]

    def frames(self, recordings: Sequence[Audio]) -> list[Frames]:
        """One array (ceil(features / 4 / stride), width) a recording."""
        return [self._heard(recording) for recording in recordings]

    def save(self, folder: Path) -> None:
        """Copy the network and write `front.json`."""
        write_settings(folder, KIND, self._layers, self._stride)
        if self._path.absolute() != (folder / MODEL_FILE).absolute():
            shutil.copyfile(self._path, folder / MODEL_FILE)

    def _heard(self, recording: Audio) -> Frames:
        features = log_mel(recording)
        inputs = {"features": features[None], "lengths": np.array([len(features)], np.int64)}
        states = self._session.run(self._names, inputs)
        return slowed(np.concatenate([layer[0] for layer in states], axis=1), self._stride)


def _graph(path: Path) -> Any:  # noqa: ANN401 - onnx has no types
    try:
        import onnx
    except ImportError as error:
        raise MissingExtraError("train", f"the states inside {path.name}") from error
    try:
        return onnx.load(path)
    except Exception as error:
        raise PolyvoxError(f"{path} is not a usable ONNX model: {error}") from error


def _states(model: Any, path: Path) -> tuple[list[str], int]:  # noqa: ANN401
    """Names of the states from layer 0 to the last, and their width.

    From `sounds` back: log-softmax, addition of a bias, product with the states; these are a normalised sum
    of what each part of each block adds.
    """
    makers = {output: node for node in model.graph.node for output in node.output}
    try:
        product = makers[makers[makers[_SOUNDS].input[0]].input[0]]
        norm = makers[product.input[0]]
        if (product.op_type, norm.op_type) != ("MatMul", "LayerNormalization"):
            raise KeyError(product.op_type)
    except KeyError as error:
        raise PolyvoxError(
            f"{path}: has no output {_SOUNDS!r} that is read from normalised states; "
            "take a model that hears sounds, such as 'default'"
        ) from error
    sums = [norm.input[0]]
    while sums[-1] in makers and makers[sums[-1]].op_type == "Add":
        before, added = makers[sums[-1]].input
        if _is_likelihoods(added, makers):
            sums.pop()  # not of a block: what the blocks after the middle one are told
        sums.append(before)
    inner = sums[_ADDITIONS_A_BLOCK::_ADDITIONS_A_BLOCK]
    scale = next(weights for weights in model.graph.initializer if weights.name == norm.input[1])
    return [*reversed(inner), norm.output[0]], int(scale.dims[0])


def _is_likelihoods(name: str, makers: Mapping[str, Any]) -> bool:
    """Whether a value is a linear map of likelihoods; see `polyvox.modules.sounds.SoundsConfig`."""
    node = makers.get(name)
    while node is not None and node.op_type in ("Add", "MatMul", "Gemm"):
        node = makers.get(node.input[0])
    return node is not None and node.op_type == "Softmax"


def _session(model: Any, names: Sequence[str], path: Path) -> Any:  # noqa: ANN401
    """The network with these outputs and nothing that only others need."""
    import onnx
    import onnxruntime

    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in dict.fromkeys(names))
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        raise PolyvoxError(f"{path}: its inner states cannot be read: {error}") from error


def open_light(folder: Path, settings: Settings) -> LightFront:
    """The front of a light model's folder."""
    return LightFront(folder / MODEL_FILE, settings)
