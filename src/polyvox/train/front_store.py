"""Frames of a frozen front on disk: every recording is heard once, however often it is trained on.

`frames.bin` holds float16 frames one recording after the other, `rows.jsonl` one line a recording. The files
grow as recordings are heard; a killed run goes on where it stopped.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from polyvox.errors import ReadError
from polyvox.item import Audio
from polyvox.modules.front.protocol import SpeechFront
from polyvox.read.sound import load_audio
from polyvox.train.alone import alone
from polyvox.train.augment import Augmentation, augment
from polyvox.train.progress import Progress

FRAMES, ROWS = "frames.bin", "rows.jsonl"
StoredFrames = NDArray[np.float16]
"""Shape (T, width)."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """How recordings are heard.

    Attributes:
        max_seconds: what comes later in a recording is not heard.
        seed: of the distortions.
        augmentation: of every copy but the first, which is clean.
    """

    max_seconds: float
    seed: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)


class FrontStore:
    """What a front hears in recordings, remembered.

    Args:
        folder: where it is kept; one store serves one front, one length and one seed, so its folder is made
            below this one and named after them.
        front: hears.
        hearing: how.
    """

    def __init__(self, folder: Path, front: SpeechFront, hearing: Hearing) -> None:
        self.width = front.width
        self._front, self._hearing = front, hearing
        self._folder = folder / f"{front.fingerprint}-{hearing.max_seconds:g}s-{hearing.seed}"
        self._places: dict[str, tuple[int, int]] = {}
        self._end = 0
        self._frames: StoredFrames | None = None
        self.look()

    def look(self) -> None:
        """Learn what is kept: for a process that did not fill the store itself.

        Frames that a crash of the machine lost are forgotten, and heard again. So is everything where rows
        overlap, as they do after two processes wrote at once.
        """
        self._places, self._end, self._frames = {}, 0, None
        path = self._folder / FRAMES
        held = path.stat().st_size // (2 * self.width) if path.is_file() else 0
        for name, start, frames in _rows(self._folder / ROWS):
            if start + frames > held:
                continue
            if start < self._end:
                self._places, self._end = {}, 0
                return
            self._places[name] = (start, frames)
            self._end = max(self._end, start + frames)

    def fill(self, wanted: Sequence[tuple[Path, int]], report: Callable[[Path, str], None]) -> None:
        """Hear what was not heard before.

        Args:
            wanted: recordings with the number of a copy; number 0 is clean, the others are distorted.
            report: is told of every recording that cannot be read, and why; it is left out.

        Raises:
            PolyvoxError: another process is filling the store.
        """
        if not self.unheard(wanted):
            return
        with alone(self._folder):
            self.look()
            self._hear(self.unheard(wanted), report)

    def _hear(self, missing: Sequence[tuple[Path, int]], report: Callable[[Path, str], None]) -> None:
        progress = Progress("hearing", len(missing))
        if missing:
            self._cut()
            with (self._folder / FRAMES).open("ab") as frames, (self._folder / ROWS).open("ab") as rows:
                for path, copy in missing:
                    progress.advance()
                    try:
                        self._append(path, copy, frames, rows)
                    except ReadError as error:
                        report(path, error.reason)

    def unheard(self, wanted: Sequence[tuple[Path, int]]) -> list[tuple[Path, int]]:
        """Those of the recordings that were not heard yet, each once."""
        once = dict.fromkeys(wanted)
        return [(path, copy) for path, copy in once if _name(path, copy) not in self._places]

    def frames(self, path: Path, copy: int = 0) -> StoredFrames:
        """The frames of a recording, (T, width).

        Raises:
            ReadError: it was not heard, because it could not be read.
        """
        place = self._places.get(_name(path, copy))
        if place is None:
            raise ReadError(str(path), "it could not be heard")
        if self._frames is None or len(self._frames) < self._end:
            stored = np.memmap(self._folder / FRAMES, np.float16, "r")
            self._frames = stored[: self._end * self.width].reshape(-1, self.width)
        return self._frames[place[0] : place[0] + place[1]]

    def _append(self, path: Path, copy: int, frames: IO[bytes], rows: IO[bytes]) -> None:
        audio = load_audio(path, self._hearing.max_seconds)
        if copy:
            audio = self._distorted(audio, path, copy)
        heard = self._front.frames([audio])[0].astype(np.float16)
        frames.write(heard.tobytes())
        frames.flush()  # A row never speaks of frames that are not there.
        rows.write(json.dumps([_name(path, copy), self._end, len(heard)]).encode() + b"\n")
        rows.flush()
        self._places[_name(path, copy)] = (self._end, len(heard))
        self._end += len(heard)

    def _distorted(self, audio: Audio, path: Path, copy: int) -> Audio:
        dice = np.random.default_rng([self._hearing.seed, copy, zlib.crc32(path.name.encode())])
        return augment(audio, self._hearing.augmentation, dice)

    def _cut(self) -> None:
        """Forget what a kill left half written."""
        for path in (self._folder / FRAMES, self._folder / ROWS):
            path.touch()
        os.truncate(self._folder / FRAMES, self._end * self.width * 2)
        lines = [json.dumps([name, *place]) + "\n" for name, place in self._places.items()]
        partial = self._folder / f"{ROWS}.partial"
        partial.write_text("".join(lines), encoding="utf-8")
        partial.replace(self._folder / ROWS)


def _name(path: Path, copy: int) -> str:
    """Identifies one copy of a recording; a file that changed is another recording."""
    try:
        state = path.stat()
    except OSError:
        return f"{path}|{copy}"
    return f"{path.resolve()}|{state.st_size}|{state.st_mtime_ns}|{copy}"


def _rows(path: Path) -> Iterator[tuple[str, int, int]]:
    if not path.is_file():
        return
    for line in path.read_bytes().splitlines():
        try:
            name, start, frames = json.loads(line)
        except ValueError:
            return
        yield name, start, frames
