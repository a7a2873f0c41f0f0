"""Flite: small English voices, most of them made from human recordings."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from polyvox.item import Audio
from polyvox.train.engines.protocol import Package, Settings, SynthesisError, require_program
from polyvox.train.waves import audio_from_wav

PACKAGE = Package("flite", "flite", "flite", "brew install flite")
_VOICES = {"kal16": 105, "awb": 130, "rms": 100, "slt": 170}
"""Each voice with its usual fundamental frequency in Hz."""
_TIMEOUT_SECONDS = 30


class Flite:
    """Flite through its command line."""

    name = "flite"

    def __init__(self) -> None:
        self._program = require_program(PACKAGE)

    def voices(self, language: str) -> Sequence[str]:
        """Flite speaks English only."""
        return list(_VOICES) if language == "en" else []

    def speak(self, text: str, voice: str, settings: Settings) -> Audio:
        """Speak a text; see `Engine.speak`."""
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "speech.wav"
            command = [self._program, "-voice", voice, "--setf", f"duration_stretch={1 / settings.rate:.3f}"]
            command += ["--setf", f"int_f0_target_mean={_VOICES[voice] * settings.pitch:.1f}"]
            command += ["-t", text, "-o", str(out)]
            try:
                subprocess.run(command, capture_output=True, timeout=_TIMEOUT_SECONDS, check=True)  # noqa: S603
                return audio_from_wav(out.read_bytes())
            except (subprocess.SubprocessError, OSError) as error:
                raise SynthesisError(self.name, voice, text, str(error)) from error
