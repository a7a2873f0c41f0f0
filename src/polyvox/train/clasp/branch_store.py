"""Vectors of a frozen branch on disk: every recording is seen once under each condition, by any variant."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from polyvox.errors import ReadError
from polyvox.item import Audio
from polyvox.modules.branches import Branch, Views
from polyvox.read.sound import load_audio
from polyvox.train.clasp.distortions import Condition, distorted
from polyvox.train.progress import Progress

VECTORS, NAMES = "vectors.bin", "names.jsonl"
Wanted = tuple[Path, Condition]


class BranchStore:
    """What a branch sees in recordings, remembered as float32.

    Args:
        folder: where it is kept, in a folder of its own for each branch and length.
        branch: sees.
        max_seconds: what comes later in a recording is not heard.
    """

    def __init__(self, folder: Path, branch: Branch, max_seconds: float) -> None:
        self.branch = branch
        self.max_seconds = max_seconds
        self._folder = folder / f"{branch.fingerprint}-{max_seconds:g}s"
        self._rows: dict[str, int] = {}
        self._read_names()

    def __contains__(self, wanted: Wanted) -> bool:
        return _name(wanted) in self._rows

    def add(self, wanted: Wanted, audio: Audio) -> None:
        """See a recording and keep its vector."""
        vector = self.branch.views([audio])[0].astype(np.float32)
        with (self._folder / VECTORS).open("ab") as vectors:
            vectors.write(vector.tobytes())
        # A name never speaks of a vector that is not there.
        with (self._folder / NAMES).open("ab") as names:
            names.write(json.dumps(_name(wanted)).encode() + b"\n")
        self._rows[_name(wanted)] = len(self._rows)

    def views(self, wanted: Sequence[Wanted]) -> Views:
        """The vectors of recordings that were seen, (N, width).

        Raises:
            KeyError: one was not seen.
        """
        if not wanted:
            return np.zeros((0, self.branch.width), np.float32)
        kept = np.memmap(self._folder / VECTORS, np.float32, "r").reshape(-1, self.branch.width)
        return np.array(kept[[self._rows[_name(one)] for one in wanted]])

    def _read_names(self) -> None:
        """Read what is there, and forget what a kill left half written."""
        self._folder.mkdir(parents=True, exist_ok=True)
        vectors, names = self._folder / VECTORS, self._folder / NAMES
        vectors.touch()
        names.touch()
        lines = names.read_bytes().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith(b"\n")]
        size = 4 * self.branch.width
        whole = whole[: vectors.stat().st_size // size]
        os.truncate(vectors, len(whole) * size)
        os.truncate(names, sum(map(len, whole)))
        self._rows = {json.loads(line): row for row, line in enumerate(whole)}


def fill(
    stores: Sequence[BranchStore], wanted: Sequence[Wanted], report: Callable[[Path, str], None]
) -> None:
    """Let every branch see what it has not seen; a recording is read once for all of them.

    Args:
        stores: of the same length of recordings.
        wanted: recordings and conditions.
        report: is told of each recording that cannot be read, and why; it is left out.
    """
    missing = [one for one in dict.fromkeys(wanted) if any(one not in store for store in stores)]
    progress = Progress("hearing", len(missing))
    for path, condition in missing:
        progress.advance()
        try:
            audio = distorted(load_audio(path, stores[0].max_seconds), condition, path)
        except ReadError as error:
            report(path, error.reason)
            continue
        for store in stores:
            if (path, condition) not in store:
                store.add((path, condition), audio)


def _name(wanted: Wanted) -> str:
    """Identifies a recording under a condition; a file that changed is another recording."""
    path, condition = wanted
    try:
        state = path.stat()
    except OSError:
        return f"{path}|{condition.name}"
    return f"{path.absolute()}|{state.st_size}|{state.st_mtime_ns}|{condition.name}"
