"""Festival: voices of several languages, most of them made from human recordings."""

from __future__ import annotations

import os
import selectors
import subprocess
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from polyvox.item import Audio
from polyvox.train.engines.protocol import Package, Settings, SynthesisError, require_program
from polyvox.train.waves import audio_from_wav

PACKAGE = Package(
    "festival",
    "festival festvox-kallpc16k and other packages festvox-*",
    "festival festvox-kal-diphone",
    "build it from https://github.com/festvox/festival",
)
_FOLDERS = (Path("/usr/share/festival/voices"), Path("/usr/local/share/festival/voices"))
_DONE = "polyvox-done"
_TIMEOUT_SECONDS = 20


@dataclass(frozen=True, slots=True)
class _Voice:
    language: str
    encoding: str


_VOICES = {
    "kal_diphone": _Voice("en", "latin-1"),
    "ked_diphone": _Voice("en", "latin-1"),
    "cmu_us_slt_arctic_hts": _Voice("en", "latin-1"),
    "lp_diphone": _Voice("it", "latin-1"),
    "pc_diphone": _Voice("it", "latin-1"),
    "hy_fi_mv_diphone": _Voice("fi", "latin-1"),
    "suo_fi_lj_diphone": _Voice("fi", "latin-1"),
    "czech_dita": _Voice("cs", "iso-8859-2"),
    "czech_machac": _Voice("cs", "iso-8859-2"),
    "czech_ph": _Voice("cs", "iso-8859-2"),
    "msu_ru_nsh_clunits": _Voice("ru", "utf-8"),
    "upc_ca_ona_hts": _Voice("ca", "iso-8859-15"),
    "hindi_NSK_diphone": _Voice("hi", "utf-8"),
    "marathi_NSK_diphone": _Voice("mr", "utf-8"),
    "telugu_NSK_diphone": _Voice("te", "utf-8"),
}


class Festival:
    """Festival as one long-running process, restarted when a text breaks it.

    Pitch is left alone: its voices set their own intonation. Some of them by chance, so chance is seeded.
    """

    name = "festival"

    def __init__(self) -> None:
        self._program = require_program(PACKAGE)
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="polyvox-festival-")

    def voices(self, language: str) -> Sequence[str]:
        """The known voices of a language that are installed."""
        installed = {path.name for folder in _FOLDERS if folder.is_dir() for path in folder.glob("*/*")}
        return [name for name, voice in _VOICES.items() if voice.language == language and name in installed]

    def speak(self, text: str, voice: str, settings: Settings) -> Audio:
        """Speak a text; see `Engine.speak`."""
        out = Path(self._folder.name) / "speech.wav"
        out.unlink(missing_ok=True)
        quoted = text.replace("\\", " ").replace('"', " ")
        script = (
            f"(set! czech-rand-range nil) (srand {zlib.crc32(text.encode()) >> 1}) "
            f"(voice_{voice}) (Parameter.set 'Duration_Stretch {1 / settings.rate:.3f}) "
            f'(set! said (Utterance Text "{quoted}")) (utt.synth said) '
            f'(utt.save.wave said "{out}" \'riff) (format t "{_DONE}\\n") (fflush nil)\n'
        )
        try:
            self._run(script.encode(_VOICES[voice].encoding))
            return audio_from_wav(out.read_bytes())
        except (OSError, UnicodeEncodeError, TimeoutError) as error:
            self._stop()
            raise SynthesisError(self.name, voice, text, str(error)) from error

    def _run(self, script: bytes) -> None:
        process = self._process or self._start()
        if process.stdin is None or process.stdout is None:
            raise OSError("festival has no pipes")
        process.stdin.write(script)
        process.stdin.flush()
        heard = b""
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while _DONE.encode() not in heard:
                if not selector.select(_TIMEOUT_SECONDS):
                    raise TimeoutError(f"no answer in {_TIMEOUT_SECONDS} s")
                piece = os.read(process.stdout.fileno(), 65536)
                if not piece:
                    raise OSError("festival ended")
                heard += piece

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(  # noqa: S603 - a fixed program
            [self._program, "--pipe"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return self._process

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
