"""A small evaluation of two made-up systems, written as the real ones are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from polyvox.evaluate.folder import (
    Answer,
    Evaluation,
    Failure,
    Sample,
    SystemCard,
    score_table,
    summary_table,
    write_evaluation,
)


@dataclass
class MadeUp:
    """What a made-up evaluation holds; `scores` maps (query language, document language) to R@1 a query."""

    name: str = "ours"
    fingerprint: str = "0123456789abcdef-8"
    task: str = "words"
    revision: str = "1"
    relevance: str = "text"
    pool: int = 50
    widths: tuple[int, ...] = (8, 4)
    first_query: int = 0
    scores: Mapping[tuple[str, str], Sequence[float]] = field(
        default_factory=lambda: {
            ("ar", "en"): [1, 1, 1, 0],
            ("sw", "en"): [1, 0, 0, 0, 0, 0, 0, 0],
            ("en", "ar"): [1, 1, 0, 0],
        }
    )
    failures: Sequence[Failure] = ()

    def rows(self) -> Iterator[tuple[dict[str, Any], Sequence[float]]]:
        """The key of every number with its scores, full width and worse at the shorter one."""
        for (asked, searched), scores in self.scores.items():
            for width in self.widths:
                values = [value if width == max(self.widths) else 0.0 for value in scores]
                yield (
                    {
                        "task": self.task,
                        "revision": self.revision,
                        "direction": "text→text",
                        "query_language": asked,
                        "document_language": searched,
                        "query_modality": "text",
                        "document_modality": "text",
                        "dimension": width,
                        "metric": "R@1",
                        "tie": "pessimistic",
                    },
                    values,
                )

    def evaluation(self) -> Evaluation:
        """The evaluation, with a second metric and one score that luck would change."""
        scores, summary = [], []
        for key, values in self.rows():
            place = {
                "pool": self.pool,
                "queries": len(values),
                "seed": 0,
                "relevance": self.relevance,
                "note": "one recording was unreadable" if key["query_language"] == "sw" else "",
            }
            summary.append({**key, **place, "value": float(np.mean(values))})
            summary.append({**key, **place, "metric": "xsim", "value": 0.25})
            if key["query_language"] == "sw":
                summary.append({**key, **place, "tie": "optimistic", "value": float(np.mean(values)) + 0.25})
            # In another order each time, as nothing promises one.
            order = np.random.default_rng(len(self.name)).permutation(len(values))
            scores += [
                {**key, "query_id": f"q{self.first_query + place}", "value": values[place]} for place in order
            ]
        card = SystemCard(
            self.name,
            self.fingerprint,
            dimension=max(self.widths),
            device="a machine",
            seconds_text=0.001,
            bytes_per_vector=4 * max(self.widths),
            peak_memory=2**20,
        )
        return Evaluation(card, score_table(scores), summary_table(summary), self.failures, sample())

    def write(self, root: Path) -> Path:
        """Write it below a folder and return that."""
        write_evaluation(root, self.evaluation())
        return root


def sample() -> Sample:
    """Six speech and six text vectors, the two kinds apart on the first axis."""
    generator = np.random.default_rng(0)
    vectors = generator.normal(0, 0.1, (12, 8)).astype(np.float32)
    vectors[:6, 0] += 1
    vectors[6:, 0] -= 1
    return Sample(
        vectors,
        np.array(["speech"] * 6 + ["text"] * 6),
        np.array(["sw", "ar", "en"] * 4),
        np.array(["maji", "ماء", "water <b>"] * 4),
    )


def failure(audio: str | None = None) -> Failure:
    """An Arabic question that found the wrong texts."""
    return Failure(
        task="words",
        query_language="ar",
        query_id="q3",
        query_text="ماء نظيف",
        query_audio=audio,
        wanted_text="clean <water> & more",
        got=(Answer("dirty water", None, 0.5), Answer("نار", audio, 0.4)),
        rank=17,
    )
