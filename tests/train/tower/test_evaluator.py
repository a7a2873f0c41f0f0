"""Held-out recordings against their texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")

from polyvox.train.tower.evaluator import FIGURES, Retrieval, ranks  # noqa: E402
from polyvox.train.tower.listening import FromAudio  # noqa: E402
from polyvox.train.tower.model_section import Data, Source  # noqa: E402
from polyvox.train.tower.rows import Row, load_rows  # noqa: E402
from polyvox.train.tower.teacher import Teacher  # noqa: E402

LISTENER = FromAudio(Data((Source("manifest.tsv"),)), 5.0, 0)


def test_ranks_by_hand() -> None:
    scores = np.array([[0.9, 0.1, 0.5], [0.2, 0.2, 0.1], [0.5, 0.7, 0.6]], np.float32)
    correct = np.array([[1, 0, 0], [1, 0, 0], [1, 0, 1]], bool)
    assert ranks(scores, correct).tolist() == [1, 2, 2]


class Oracle:
    """Gives each recording, in order, the vector that it is told to."""

    def __init__(self, vectors: np.ndarray) -> None:
        self.vectors = list(vectors)

    def encode(self, inputs: Sequence[object], **settings: object) -> np.ndarray:
        given, self.vectors = self.vectors[: len(inputs)], self.vectors[len(inputs) :]
        return np.stack(given)


def held(tones: Path) -> list[Row]:
    return sorted(
        load_rows(Data((Source("manifest.tsv"),)), tones).development,
        key=lambda row: (min(row.hashes()), str(row.path)),
    )


def test_a_perfect_and_a_blind_model(tones: Path, teacher: Path) -> None:
    rows, known = held(tones), Teacher(str(teacher))
    evaluator = Retrieval(rows, known, ["transcript"], 100, LISTENER)
    perfect = evaluator(Oracle(known([row.transcript for row in rows]).numpy()))
    assert perfect == {
        "recall@1": 1.0,
        "recall@5": 1.0,
        "recall@10": 1.0,
        "mrr": 1.0,
        "back_recall@1": 1.0,
        "pool": 6.0,
        **{f"transcript_{name}": perfect[name] for name in FIGURES},
    }
    blind = evaluator(Oracle(np.zeros((len(rows), known.dimension), np.float32)))
    # Everything ties, and a tie is a miss: the right text of six comes last, the right recordings too.
    assert blind["recall@1"] == blind["recall@5"] == blind["back_recall@1"] == 0
    assert blind["mrr"] == pytest.approx(1 / 6)


def test_a_recording_that_cannot_be_read_is_left_out(tones: Path, teacher: Path) -> None:
    rows, known = held(tones), Teacher(str(teacher))
    gone = [Row(tones / "gone.wav", "en", 0, "fire stone", ""), *rows]
    evaluator = Retrieval(gone, known, ["transcript"], 100, LISTENER)
    assert evaluator(Oracle(known([row.transcript for row in rows]).numpy()))["recall@1"] == 1.0
