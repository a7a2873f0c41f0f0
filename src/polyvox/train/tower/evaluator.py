"""How well held-out recordings find their texts, measured while training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sentence_transformers.base.evaluation import BaseEvaluator

from polyvox.errors import ReadError
from polyvox.train.rows import text_hash
from polyvox.train.tower.listening import Listener
from polyvox.train.tower.rows import Row

if TYPE_CHECKING:
    from polyvox.train.tower.teacher import Teacher

_AT_ONCE = 32
FIGURES = ("recall@1", "recall@5", "recall@10", "mrr", "back_recall@1", "pool")
"""What is measured on each text side."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Where the right text of each row came, `there`, and the best right recording of each text, `back`."""

    side: str
    rows: Sequence[Row]
    there: NDArray[np.int64]
    back: NDArray[np.int64]

    def figures(self) -> dict[str, float]:
        """R@k, MRR, R@1 the other way and the pool; 0 where there was nothing to ask."""
        if not len(self.there):
            return dict.fromkeys(FIGURES, 0.0)
        there = self.there
        values = (*(np.mean(there <= cut) for cut in (1, 5, 10)), np.mean(1 / there), np.mean(self.back <= 1))
        return dict(zip(FIGURES, (*map(float, values), float(len(self.back))), strict=True))


class Retrieval(BaseEvaluator):
    """R@1, R@5, R@10 and MRR of held-out recordings against all held-out texts, and R@1 the other way.

    Texts that differ in case or punctuation only are one text. A tie counts against the model.

    Args:
        rows: held out.
        teacher: gives the vectors of the texts.
        sides: text sides to measure, the first one also without its name.
        pool: most rows that are used.
        listener: reads recordings.
    """

    def __init__(
        self, rows: Sequence[Row], teacher: Teacher, sides: Sequence[str], pool: int, listener: Listener
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._rows = sorted(rows, key=lambda row: (min(row.hashes()), str(row.path)))[:pool]
        self._teacher, self._sides, self._listener = teacher, sides, listener

    def __call__(
        self,
        model: Any,  # noqa: ANN401 - a library model
        output_path: str | None = None,
        epoch: int = -1,
        steps: int = -1,
    ) -> dict[str, float]:
        """The figures by name; `pool` is how many texts there were."""
        return self.figures(self.ranked(model))

    def ranked(self, model: Any) -> list[Ranked]:  # noqa: ANN401 - a library model
        """The ranks of every recording that can be read, for each text side."""
        rows, vectors = self._heard(model)
        return [self._side(side, rows, vectors) for side in self._sides]

    def figures(self, found: Sequence[Ranked]) -> dict[str, float]:
        """The figures of ranks; those of the first side also without its name."""
        by_side = {one.side: one.figures() for one in found}
        named = {
            f"{side}_{name}": value for side, figures in by_side.items() for name, value in figures.items()
        }
        return {**by_side[self._sides[0]], **named}

    def _heard(self, model: Any) -> tuple[list[Row], NDArray[np.float32]]:  # noqa: ANN401
        rows: list[Row] = []
        vectors: list[NDArray[np.float32]] = []
        for start in range(0, len(self._rows), _AT_ONCE):
            read = [
                (row, heard)
                for row in self._rows[start : start + _AT_ONCE]
                if (heard := self._read(row.path))
            ]
            if read:
                inputs = [heard for _, heard in read]
                vectors.append(model.encode(inputs, batch_size=_AT_ONCE, show_progress_bar=False))
                rows.extend(row for row, _ in read)
        width = self._teacher.dimension
        return rows, np.concatenate(vectors) if vectors else np.zeros((0, width), np.float32)

    def _read(self, path: Path) -> Mapping[str, Any] | None:
        try:
            return self._listener.whole(path)
        except ReadError:
            return None

    def _side(self, side: str, rows: Sequence[Row], vectors: NDArray[np.float32]) -> Ranked:
        texts = {text_hash(text): text for row in rows if (text := getattr(row, side))}
        place = {digest: number for number, digest in enumerate(texts)}
        asked = [number for number, row in enumerate(rows) if getattr(row, side)]
        none = np.zeros(0, np.int64)
        if not asked:
            return Ranked(side, [], none, none)
        answers = np.array([place[text_hash(getattr(rows[number], side))] for number in asked])
        scores = vectors[asked] @ self._teacher(list(texts.values())).numpy().T
        correct = answers[:, None] == np.arange(len(texts))[None]
        return Ranked(
            side, [rows[number] for number in asked], ranks(scores, correct), ranks(scores.T, correct.T)
        )


def ranks(scores: NDArray[np.float32], correct: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The rank of the best right answer of each row, 1 the first; what ties with it comes before it.

    >>> ranks(np.array([[0.9, 0.5, 0.9]], np.float32), np.array([[True, False, False]]))
    array([2])
    """
    best = np.where(correct, scores, -np.inf).max(axis=1, keepdims=True)
    before: NDArray[np.int64] = ((scores >= best) & ~correct).sum(axis=1)
    return before + 1
