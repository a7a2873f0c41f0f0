"""Where the frames of a recording come from: what a frozen front heard, or the letters of its transcript."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from polyvox.train.front_store import FrontStore
from polyvox.train.fusion.rows import Pair


class FrameSource(Protocol):
    """Frames of a recording, (T, width)."""

    @property
    def width(self) -> int:
        """Values a frame."""
        ...

    def frames(self, pair: Pair) -> NDArray[np.float32]:
        """The frames of one recording, at least one."""
        ...

    def length(self, pair: Pair) -> int:
        """How many frames that are."""
        ...


class Heard:
    """Frames that a front heard before, from its store.

    Args:
        store: filled with every recording that is asked for.
    """

    def __init__(self, store: FrontStore) -> None:
        self._store = store

    @property
    def width(self) -> int:
        """Values a frame."""
        return self._store.width

    def frames(self, pair: Pair) -> NDArray[np.float32]:
        """The frames of one recording.

        Raises:
            ReadError: it could not be read when the store was filled.
        """
        return self._store.frames(pair.path).astype(np.float32)

    def length(self, pair: Pair) -> int:
        """How many frames that are."""
        return len(self._store.frames(pair.path))


class Letters:
    """A frame a letter of the transcript: what late fusion makes of a recogniser without a mistake.

    Args:
        transcripts: whose letters are known; any other is like none.
    """

    def __init__(self, transcripts: Sequence[str]) -> None:
        self.alphabet = {letter: place for place, letter in enumerate(sorted(set("".join(transcripts))))}

    @property
    def width(self) -> int:
        """Values a frame: one for each letter."""
        return len(self.alphabet)

    def frames(self, pair: Pair) -> NDArray[np.float32]:
        """One row a letter, 1 at the letter's place."""
        made = np.zeros((max(1, len(pair.transcript)), self.width), np.float32)
        for row, letter in zip(made, pair.transcript, strict=False):
            if letter in self.alphabet:
                row[self.alphabet[letter]] = 1.0
        return made

    def length(self, pair: Pair) -> int:
        """How many frames that are."""
        return max(1, len(pair.transcript))
