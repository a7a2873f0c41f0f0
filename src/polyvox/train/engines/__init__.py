"""Speech synthesisers behind one small protocol; a table says which exist.

A new engine is a class with `name`, `install`, `voices` and `speak`, and one line in `ENGINES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType

from polyvox.train.engines.espeak import Espeak
from polyvox.train.engines.festival import Festival
from polyvox.train.engines.flite import Flite
from polyvox.train.engines.protocol import Engine, MissingEngineError, Settings, SynthesisError

ENGINES: Mapping[str, Callable[[], Engine]] = MappingProxyType(
    {"espeak": Espeak, "flite": Flite, "festival": Festival}
)
"""Every known engine by name; an engine is started only when it is first asked to speak."""


def engines_named(names: Sequence[str]) -> list[Engine]:
    """Start the named engines.

    Raises:
        ValueError: a name is unknown; the message lists the known ones.
        MissingEngineError: a program is not installed; the message says how to install it.
    """
    unknown = sorted(set(names) - set(ENGINES))
    if unknown:
        raise ValueError(f"unknown synthesis engine {unknown[0]!r}; there are: {', '.join(sorted(ENGINES))}")
    return [ENGINES[name]() for name in names]


def installed_engines() -> list[Engine]:
    """Start the engines that are installed.

    Raises:
        MissingEngineError: none is; the message says how to install the one with most languages.
    """
    found = []
    for start in ENGINES.values():
        with suppress(MissingEngineError):
            found.append(start())
    return found or [Espeak()]


__all__ = [
    "ENGINES",
    "Engine",
    "MissingEngineError",
    "Settings",
    "SynthesisError",
    "engines_named",
    "installed_engines",
]
