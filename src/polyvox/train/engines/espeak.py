"""espeak-ng: a formant synthesiser with more than a hundred languages and many voice variants."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from polyvox.item import Audio
from polyvox.train.engines.protocol import Package, Settings, SynthesisError, require_program
from polyvox.train.languages import espeak_voice
from polyvox.train.waves import audio_from_wav

_VARIANTS = [
    "m1",
    "m2",
    "m3",
    "m4",
    "m5",
    "m6",
    "m7",
    "m8",
    "f1",
    "f2",
    "f3",
    "f4",
    "f5",
    "klatt",
    "klatt2",
    "klatt3",
    "klatt4",
    "Andy",
    "Annie",
    "Alicia",
    "Diogo",
    "Gene",
    "Hugo",
    "Jacky",
    "Lee",
    "Marco",
    "Mario",
    "Michael",
    "Mike",
    "Storm",
    "adam",
    "anika",
    "antonio",
    "aunty",
    "belinda",
    "benjamin",
    "boris",
    "caleb",
    "david",
    "ed",
    "edward",
    "grandma",
    "grandpa",
    "iven",
    "john",
    "kaukovalta",
    "linda",
    "marcelo",
    "max",
    "michel",
    "miguel",
    "norbert",
    "pablo",
    "paul",
    "pedro",
    "quincy",
    "rob",
    "robert",
    "sandro",
    "shelby",
    "steph",
    "travis",
    "victor",
    "zac",
]
PACKAGE = Package("espeak-ng", "espeak-ng", "espeak-ng", "brew install espeak-ng")
_WORDS_PER_MINUTE = 160
_PITCH = 50
_TIMEOUT_SECONDS = 30


class Espeak:
    """espeak-ng through its command line."""

    name = "espeak"

    def __init__(self) -> None:
        self._program = require_program(PACKAGE)

    def voices(self, language: str) -> Sequence[str]:
        """One voice per variant of the language's voice."""
        voice = espeak_voice(language)
        return [] if voice is None else [f"{voice}+{variant}" for variant in _VARIANTS]

    def speak(self, text: str, voice: str, settings: Settings) -> Audio:
        """Speak a text; see `Engine.speak`."""
        speed = str(round(_WORDS_PER_MINUTE * settings.rate))
        pitch = str(min(99, max(0, round(_PITCH * settings.pitch))))
        command = [self._program, "-v", voice, "-s", speed, "-p", pitch, "--stdin", "--stdout"]
        try:
            done = subprocess.run(  # noqa: S603 - a fixed program; the text goes through stdin
                command, input=text.encode(), capture_output=True, timeout=_TIMEOUT_SECONDS, check=True
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise SynthesisError(self.name, voice, text, str(error)) from error
        return audio_from_wav(done.stdout)
