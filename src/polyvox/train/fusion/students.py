"""What is trained in each variant: an adapter in front of the text model, or heads beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import nn

from polyvox.errors import PolyvoxError
from polyvox.modules.heads.learned_query import QuerySizes
from polyvox.modules.heads.widths import NestedHead, SeparateHeads, WidthSizes
from polyvox.modules.late_fusion import LateFusion
from polyvox.modules.speech_adapter import AdapterSizes, SpeechAdapter
from polyvox.train.fusion.frames import FrameSource
from polyvox.train.fusion.rows import Pair
from polyvox.train.fusion.sections import Speech, Text, Variant

_SAMPLE = 200
"""Recordings that first weights are fitted to."""
Student = LateFusion | SeparateHeads | NestedHead
"""Frames to a vector of each width: `at_widths(frames, mask)`."""


def build_student(
    variant: Variant, front: int, modules: Sequence[nn.Module], text: Text, speech: Speech
) -> Student:
    """A student with first weights.

    Args:
        variant: which.
        front: values of a frame.
        modules: of the frozen text model.
        text: its section.
        speech: sizes.

    Raises:
        PolyvoxError: the dimensions are wider than the text model's vectors.
    """
    dimension = vector_width(modules)
    if speech.dimensions[0] > dimension:
        raise PolyvoxError(
            f"[speech] dimensions: {speech.dimensions[0]} is wider than the text model's {dimension}"
        )
    return _BUILDERS[variant](front, modules, text, speech)


def vector_width(modules: Sequence[nn.Module]) -> int:
    """Width of a text model's vectors."""
    widths = [
        module.get_embedding_dimension()  # type: ignore[operator]
        for module in modules
        if hasattr(module, "get_embedding_dimension")
    ]
    return int(widths[-1])


def calibrate(student: Student, pairs: Sequence[Pair], source: FrameSource) -> None:
    """Fit the first weights of late fusion to what the front gives and what the text model is used to.

    Args:
        student: is changed where it has an adapter.
        pairs: to train on; a sample is looked at.
        source: of their frames.
    """
    if not isinstance(student, LateFusion):
        return
    frames = torch.from_numpy(np.concatenate([source.frames(pair) for pair in pairs[:_SAMPLE]]))
    student.adapter.calibrate(frames.mean(0), frames.std(0), student.token_length())


def _late(front: int, modules: Sequence[nn.Module], text: Text, speech: Speech) -> LateFusion:
    width = modules[0].auto_model.get_input_embeddings().embedding_dim  # type: ignore[union-attr,operator]
    adapter = SpeechAdapter(AdapterSizes(front, int(width), speech.kernel, speech.stride))
    return LateFusion(adapter, modules, text.prompt, speech.dimensions)


def _sizes(front: int, speech: Speech) -> WidthSizes:
    return WidthSizes(QuerySizes(front, speech.query_layers), speech.dimensions)


_BUILDERS: Mapping[Variant, Callable[[int, Sequence[nn.Module], Text, Speech], Student]] = {
    Variant.LATE: _late,
    Variant.LETTERS: _late,
    Variant.SHUFFLED: _late,
    Variant.SEPARATE: lambda front, modules, text, speech: SeparateHeads(_sizes(front, speech)),
    Variant.NESTED: lambda front, modules, text, speech: NestedHead(_sizes(front, speech)),
}
