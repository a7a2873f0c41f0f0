"""From draws to what the model takes: recordings are heard, padded, and named when they cannot be read."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from polyvox.errors import ReadError
from polyvox.train.sounds import TrainingError
from polyvox.train.tower.draws import Draw
from polyvox.train.tower.labels import Speller
from polyvox.train.tower.listening import Features, Listener

SKIPPED = "skipped.txt"


class Batcher:
    """Turns draws into one batch; a recording that cannot be read is named in `skipped.txt`.

    Another recording of the batch stands in for it.

    What happens to a recording depends on its draw only, so workers and a resumed run agree.

    Args:
        listener: reads recordings.
        speller: labels for CTC.
        out: folder of `skipped.txt`.
    """

    def __init__(self, listener: Listener, speller: Speller, out: Path) -> None:
        self._listener, self._speller, self._skipped = listener, speller, out / SKIPPED
        self._told: set[Path] = set()

    def __call__(self, draws: Sequence[Draw]) -> Mapping[str, Any]:
        """A batch for the trainer: what is heard, texts and labels, all named `audio_…`.

        Raises:
            TrainingError: none of the recordings can be read.
        """
        heard = [(draw, features) for draw in draws if (features := self._features(draw)) is not None]
        if not heard:
            raise TrainingError(
                f"none of the {len(draws)} recordings of a batch can be read; {self._skipped} says why"
            )
        # As many as were asked for: processes that train together compare batches of one size.
        heard += [heard[place % len(heard)] for place in range(len(draws) - len(heard))]
        batch = self._listener.batch([features for _, features in heard])
        rows = [draw.row for draw, _ in heard]
        return {
            **{f"audio_{name}": value for name, value in batch.items()},
            "audio_texts": [(row.transcript, row.translation) for row in rows],
            "audio_labels": [self._speller.labels(row) for row in rows],
        }

    def _features(self, draw: Draw) -> Features | None:
        try:
            return self._listener.draw(draw)
        except ReadError as error:
            self.tell(draw.row.path, error.reason)
            return None

    def tell(self, path: Path, reason: str) -> None:
        """Name a recording that cannot be read in `skipped.txt`, once."""
        if path in self._told:
            return
        self._told.add(path)
        note_skipped(self._skipped, [f"{path}: {reason}"])


def note_skipped(path: Path, reasons: Sequence[str]) -> None:
    """Add lines to a run's `skipped.txt`."""
    lines = "".join(f"{reason}\n" for reason in reasons).encode(errors="replace")
    # One write in append mode: lines of several processes do not mix.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(handle, lines)
    finally:
        os.close(handle)


def skipped_lines(path: Path) -> Sequence[str]:
    """What `note_skipped` wrote, each once: a run that goes on names them again."""
    return sorted(set(path.read_text(encoding="utf-8").splitlines())) if path.is_file() else []
