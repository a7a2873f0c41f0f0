"""The contract of a speech synthesiser."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from polyvox.errors import PolyvoxError
from polyvox.item import Audio


@dataclass(frozen=True, slots=True)
class Settings:
    """How a voice speaks: rate and pitch as factors of the voice's own."""

    rate: float = 1.0
    pitch: float = 1.0


class Engine(Protocol):
    """Turns text into speech: the same text, voice and settings always into the same samples."""

    @property
    def name(self) -> str:
        """The engine's name in recipes and in file paths."""
        ...

    def voices(self, language: str) -> Sequence[str]:
        """The installed voices for a language (BCP 47), empty when it does not speak it."""
        ...

    def speak(self, text: str, voice: str, settings: Settings) -> Audio:
        """Speak a text.

        Raises:
            SynthesisError: this text cannot be spoken with this voice.
        """
        ...


@dataclass(frozen=True, slots=True)
class Package:
    """What to install for a synthesiser, by system."""

    program: str
    debian: str
    fedora: str
    macos: str


class MissingEngineError(PolyvoxError):
    """A synthesiser's program is not installed."""

    def __init__(self, package: Package) -> None:
        super().__init__(
            f"the program {package.program!r} was not found; install it with: "
            f"apt-get install {package.debian} (Debian, Ubuntu), dnf install {package.fedora} (Fedora), "
            f"or {package.macos} (macOS)"
        )


class SynthesisError(PolyvoxError):
    """One text could not be spoken; it is reported and left out."""

    def __init__(self, engine: str, voice: str, text: str, reason: str) -> None:
        super().__init__(f"{engine} ({voice}) could not speak {text[:60]!r}: {reason}")


def require_program(package: Package) -> str:
    """The path of an installed program.

    Raises:
        MissingEngineError: it is not installed.
    """
    path = shutil.which(package.program)
    if path is None:
        raise MissingEngineError(package)
    return path
