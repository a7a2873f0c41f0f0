"""How well held-out recordings find their texts, measured while training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sentence_transformers.base.evaluation import BaseEvaluator

from polyvox.errors import ReadError
from polyvox.item import SAMPLING_RATE, Audio
from polyvox.read.sound import load_audio
from polyvox.train.rows import text_hash
from polyvox.train.tower.rows import Row

if TYPE_CHECKING:
    from polyvox.train.tower.teacher import Teacher

_AT_ONCE = 32


class Retrieval(BaseEvaluator):
    """R@1, R@5 and MRR of held-out recordings against all held-out texts, and R@1 the other way.

    Texts that differ in case or punctuation only are one text. A tie counts against the model.

    Args:
        rows: held out.
        teacher: gives the vectors of the texts.
        sides: text sides to measure, the first one also without its name.
        pool: most rows that are used.
        max_seconds: how much of a recording is read.
    """

    def __init__(
        self, rows: Sequence[Row], teacher: Teacher, sides: Sequence[str], pool: int, max_seconds: float
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._rows = sorted(rows, key=lambda row: (min(row.hashes()), str(row.path)))[:pool]
        self._teacher, self._sides, self._max_seconds = teacher, sides, max_seconds

    def __call__(
        self,
        model: Any,  # noqa: ANN401 - a library model
        output_path: str | None = None,
        epoch: int = -1,
        steps: int = -1,
    ) -> dict[str, float]:
        """The figures by name; `pool` is how many texts there were."""
        rows, vectors = self._heard(model)
        found: dict[str, float] = {}
        for number, side in enumerate(self._sides):
            figures = self._side(side, rows, vectors)
            found.update({f"{side}_{name}": value for name, value in figures.items()})
            if number == 0:
                found.update(figures)
        return found

    def _heard(self, model: Any) -> tuple[list[Row], NDArray[np.float32]]:  # noqa: ANN401
        rows: list[Row] = []
        vectors: list[NDArray[np.float32]] = []
        for start in range(0, len(self._rows), _AT_ONCE):
            read = [
                (row, audio)
                for row in self._rows[start : start + _AT_ONCE]
                if (audio := self._read(row.path))
            ]
            if read:
                inputs = [{"array": audio.samples, "sampling_rate": SAMPLING_RATE} for _, audio in read]
                vectors.append(model.encode(inputs, batch_size=_AT_ONCE, show_progress_bar=False))
                rows.extend(row for row, _ in read)
        width = self._teacher.dimension
        return rows, np.concatenate(vectors) if vectors else np.zeros((0, width), np.float32)

    def _read(self, path: Path) -> Audio | None:
        try:
            return load_audio(path, self._max_seconds)
        except ReadError:
            return None

    def _side(self, side: str, rows: Sequence[Row], vectors: NDArray[np.float32]) -> dict[str, float]:
        texts = {text_hash(text): text for row in rows if (text := getattr(row, side))}
        place = {digest: number for number, digest in enumerate(texts)}
        asked = [number for number, row in enumerate(rows) if getattr(row, side)]
        if not asked:
            return {"recall@1": 0.0, "recall@5": 0.0, "mrr": 0.0, "back_recall@1": 0.0, "pool": 0.0}
        answers = np.array([place[text_hash(getattr(rows[number], side))] for number in asked])
        scores = vectors[asked] @ self._teacher(list(texts.values())).numpy().T
        correct = answers[:, None] == np.arange(len(texts))[None]
        there, back = ranks(scores, correct), ranks(scores.T, correct.T)
        return {
            "recall@1": float((there <= 1).mean()),
            "recall@5": float((there <= 5).mean()),
            "mrr": float((1 / there).mean()),
            "back_recall@1": float((back <= 1).mean()),
            "pool": float(len(texts)),
        }


def ranks(scores: NDArray[np.float32], correct: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The rank of the best right answer of each row, 1 the first; what ties with it comes before it.

    >>> ranks(np.array([[0.9, 0.5, 0.9]], np.float32), np.array([[True, False, False]]))
    array([2])
    """
    best = np.where(correct, scores, -np.inf).max(axis=1, keepdims=True)
    before: NDArray[np.int64] = ((scores >= best) & ~correct).sum(axis=1)
    return before + 1
