"""The light form of a speech tower: one ONNX file, weights stored as int8 or float16, computed in float32.

Weights alone are quantised. Dynamic int8 would quantise activations by the range of a whole batch, and the
vector of a recording would depend on its neighbours.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import logging
import sys
import warnings
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from polyvox.encode.features import MELS
from polyvox.encode.manifest import read_manifest, write_manifest
from polyvox.encode.speech import MODEL_FILE
from polyvox.errors import MissingExtraError, PolyvoxError
from polyvox.item import Modality

if TYPE_CHECKING:
    from polyvox.modules.direct_tower import DirectTower
    from polyvox.modules.speech_tower import SpeechTower
    from polyvox.modules.word_tower import WordTower

OPSET = 18
MAX_SECONDS = 20.0
_SMALL = 4096
"""Tensors of fewer values stay float32."""


class Storage(StrEnum):
    """How weights are kept in the file."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    INT8 = "int8"


def export_speech(
    tower: SpeechTower | DirectTower,
    path: Path,
    *,
    storage: Storage = Storage.INT8,
    max_seconds: float = MAX_SECONDS,
) -> str:
    """Write the ONNX file; its inputs are `features` (B, T, 80) and `lengths` (B,), its output `vectors`.

    Returns:
        The file's SHA-256.

    Raises:
        MissingExtraError: onnx or onnxscript is not installed.
    """
    return write_program(speech_program(tower), path, storage=storage, max_seconds=max_seconds)


def speech_program(
    tower: SpeechTower | DirectTower | WordTower, outputs: Sequence[str] = ("vectors",)
) -> Any:  # noqa: ANN401 - onnx has no types
    """The ONNX program of a tower, weights in float32, any batch and any number of frames.

    `outputs` names what the tower returns.

    Raises:
        MissingExtraError: onnx or onnxscript is not installed.
        PolyvoxError: the exporter gave up.
    """
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
        import torch
    except ImportError as error:
        raise MissingExtraError("train", "exporting a model") from error
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    example = (torch.randn(2, 96, MELS), torch.tensor([96, 61]))
    batch, frames = torch.export.Dim("batch", min=1), torch.export.Dim("frames", min=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            tower.eval(),
            example,
            dynamo=True,
            opset_version=OPSET,
            input_names=["features", "lengths"],
            output_names=list(outputs),
            dynamic_shapes={"features": {0: batch, 1: frames}, "lengths": {0: batch}},
            optimize=True,
            verbose=False,
        )
    if program is None:
        raise PolyvoxError("torch.onnx.export gave no program for this tower")
    model = program.model_proto  # made anew at every access
    _strip(model)
    return model


def write_program(program: Any, path: Path, *, storage: Storage, max_seconds: float = MAX_SECONDS) -> str:  # noqa: ANN401
    """Write a program of `speech_program` with its weights stored as told; gives the file's SHA-256."""
    import onnx

    model = copy.deepcopy(program)
    _store(model, storage)
    notes = {"max_seconds": str(max_seconds), "storage": str(storage), "opset": str(OPSET)}
    onnx.helper.set_model_props(model, notes)
    onnx.checker.check_model(model)
    content = model.SerializeToString()
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def _strip(model: Any) -> None:  # noqa: ANN401 - onnx has no types
    """Take off what the exporter notes about its own work; it is larger than a small network."""
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    del model.graph.value_info[:]
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""


def _store(model: Any, storage: Storage) -> None:  # noqa: ANN401 - onnx has no types
    from onnx import numpy_helper

    if storage is Storage.FLOAT32:
        return
    graph = model.graph
    for weight in list(graph.initializer):
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < _SMALL:
            continue
        graph.initializer.remove(weight)
        nodes = _STORED[storage](graph, weight.name, values)
        for node in reversed(nodes):
            graph.node.insert(0, node)


def _as_float16(graph: Any, name: str, values: np.ndarray[Any, Any]) -> list[Any]:  # noqa: ANN401
    from onnx import TensorProto, helper, numpy_helper

    graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
    return [helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT)]


def _as_int8(graph: Any, name: str, values: np.ndarray[Any, Any]) -> list[Any]:  # noqa: ANN401
    """One scale an output channel; Cast and Mul, because runtimes turn DequantizeLinear into dynamic int8."""
    from onnx import TensorProto, helper, numpy_helper

    axis = 0 if values.ndim == 3 else values.ndim - 1
    others = tuple(number for number in range(values.ndim) if number != axis)
    scale = np.maximum(np.abs(values).max(axis=others, keepdims=True) / 127, 1e-12).astype(np.float32)
    small = np.round(values / scale).astype(np.int8)
    graph.initializer.append(numpy_helper.from_array(small, f"{name}.int8"))
    graph.initializer.append(numpy_helper.from_array(scale, f"{name}.scale"))
    return [
        helper.make_node("Cast", [f"{name}.int8"], [f"{name}.whole"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}.whole", f"{name}.scale"], [name]),
    ]


_STORED = {Storage.FLOAT16: _as_float16, Storage.INT8: _as_int8}


def add_speech(tower: SpeechTower | DirectTower, folder: Path, *, storage: Storage = Storage.INT8) -> None:
    """Put a speech tower into a light model folder and enter it in its `model.json`.

    Raises:
        PolyvoxError: the folder holds no light model.
    """
    manifest = read_manifest(folder)
    digest = export_speech(tower, folder / MODEL_FILE, storage=storage)
    entered = replace(
        manifest,
        modalities=manifest.modalities | {Modality.SPEECH},
        files={**manifest.files, MODEL_FILE: digest},
        max_seconds=MAX_SECONDS,
        export={**manifest.export, "opset": OPSET, "speech_weights": str(storage)},
    )
    write_manifest(folder, entered)


def main() -> None:
    """`python -m polyvox.train.export_speech TOWER MODEL`."""
    from polyvox.train.export_sources import open_tower

    parser = argparse.ArgumentParser(description="Put the light form of a speech tower into a model folder.")
    parser.add_argument("tower", type=Path, help="folder with config.json and model.safetensors")
    parser.add_argument("model", type=Path, help="light model folder, with model.json")
    parser.add_argument("--storage", type=Storage, choices=list(Storage), default=Storage.INT8)
    given = parser.parse_args()
    add_speech(open_tower(given.tower), given.model, storage=given.storage)
    sys.stderr.write(f"{given.model / MODEL_FILE}: {(given.model / MODEL_FILE).stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
