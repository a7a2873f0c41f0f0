"""A system's card: what it is, how it is set, on which machine."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Protocol, runtime_checkable

import numpy as np

from polyvox.encode.protocol import Encoder
from polyvox.evaluate.folder import SystemCard
from polyvox.evaluate.vectors import Cost


@runtime_checkable
class Described(Protocol):
    """An encoder that says how its inputs and its numbers are treated."""

    @property
    def prompts(self) -> Mapping[str, str]:
        """What is put before texts, by role."""
        ...

    @property
    def precision(self) -> str:
        """The type of its weights."""
        ...

    @property
    def max_length(self) -> str:
        """How much of a text it reads, in words."""
        ...


def describe(encoder: Encoder, cost: Cost) -> SystemCard:
    """The card of an encoder that has worked for so long."""
    card = encoder.card
    own = encoder if isinstance(encoder, Described) else None
    return SystemCard(
        name=card.name,
        fingerprint=card.fingerprint,
        source=card.source,
        dimension=card.dimension,
        prompts=dict(own.prompts) if own else {},
        precision=own.precision if own else "float32",
        max_length=own.max_length if own else "",
        polyvox=version("polyvox"),
        device=machine(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds_text=cost.text_seconds / cost.texts if cost.texts else float("nan"),
        seconds_speech=cost.speech_seconds / cost.audio_seconds if cost.audio_seconds else float("nan"),
        bytes_per_vector=card.dimension * np.dtype(np.float32).itemsize,
        peak_memory=peak_memory(),
    )


def machine() -> str:
    """The processor and the operating system."""
    return f"{platform.machine()} {platform.system()}, Python {platform.python_version()}"


def peak_memory() -> int:
    """The most memory that this process has held, in bytes; 0 where the system does not say."""
    try:
        import resource
    except ImportError:
        return 0
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held if sys.platform == "darwin" else held * 1024
