"""Finished tasks of a system, kept as they finish, so that a killed evaluation goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from polyvox.evaluate.folder import (
    SAMPLE_POINTS,
    SCORES,
    SCORES_FILE,
    SUMMARY,
    SUMMARY_FILE,
    Evaluation,
    Failure,
    Sample,
    SystemCard,
    read_failures,
    read_sample,
    write_failures,
    write_sample,
)
from polyvox.evaluate.vectors import Cost

TASKS = "tasks"
_DONE, _FAILURES, _SAMPLE = "done.json", "failures.jsonl", "sample.npz"


@dataclass(frozen=True, slots=True, eq=False)
class TaskResult:
    """What one task gave."""

    scores: pa.Table
    summary: pa.Table
    failures: Sequence[Failure]
    sample: Sample | None
    cost: Cost


class Kept:
    """The finished tasks below a system's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / TASKS

    def has(self, task: str, circumstances: str) -> bool:
        """Whether the task is finished under the same circumstances: data, metrics and settings."""
        try:
            kept = json.loads((self._folder / task / _DONE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return bool(kept.get("circumstances") == circumstances)

    def add(self, task: str, circumstances: str, result: TaskResult) -> None:
        """Keep a task, over an older result of it."""
        folder = self._folder / task
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _DONE).unlink(missing_ok=True)
        pq.write_table(result.scores, folder / SCORES_FILE, compression="zstd")
        pq.write_table(result.summary, folder / SUMMARY_FILE, compression="zstd")
        write_failures(folder / _FAILURES, result.failures)
        (folder / _SAMPLE).unlink(missing_ok=True)
        if result.sample is not None:
            write_sample(folder / _SAMPLE, result.sample)
        # Last: a task with this file is whole.
        done = {"circumstances": circumstances, "cost": asdict(result.cost)}
        partial = folder / f"{_DONE}.partial"
        partial.write_text(json.dumps(done), encoding="utf-8")
        partial.replace(folder / _DONE)

    def results(self) -> list[TaskResult]:
        """All finished tasks, by name."""
        folders = sorted(path.parent for path in self._folder.glob(f"*/{_DONE}"))
        return [_read(folder) for folder in folders]

    def cost(self) -> Cost:
        """The sum over all finished tasks."""
        total = Cost()
        for result in self.results():
            total.texts += result.cost.texts
            total.text_seconds += result.cost.text_seconds
            total.audio_seconds += result.cost.audio_seconds
            total.speech_seconds += result.cost.speech_seconds
        return total

    def evaluation(self, card: SystemCard) -> Evaluation:
        """All finished tasks as one evaluation."""
        results = self.results()
        return Evaluation(
            card=card,
            scores=pa.concat_tables(
                [SCORES.empty_table(), *(r.scores for r in results)]
            ).unify_dictionaries(),
            summary=pa.concat_tables(
                [SUMMARY.empty_table(), *(r.summary for r in results)]
            ).unify_dictionaries(),
            failures=[failure for result in results for failure in result.failures],
            sample=joined([r.sample for r in results if r.sample is not None]),
        )


def joined(samples: Sequence[Sample]) -> Sample | None:
    """Samples as one of at most `SAMPLE_POINTS` points, as many of each as there is room for."""
    if not samples:
        return None
    room = -(-SAMPLE_POINTS // len(samples))
    parts = [part for sample in samples for part in [_thinned(sample, room)]]
    return _thinned(
        Sample(
            np.concatenate([part.vectors for part in parts]),
            np.concatenate([part.modality for part in parts]),
            np.concatenate([part.language for part in parts]),
            np.concatenate([part.text for part in parts]),
        ),
        SAMPLE_POINTS,
    )


def _thinned(sample: Sample, points: int) -> Sample:
    if len(sample.vectors) <= points:
        return sample
    keep = np.sort(np.random.default_rng(0).choice(len(sample.vectors), points, replace=False))
    return Sample(sample.vectors[keep], sample.modality[keep], sample.language[keep], sample.text[keep])


def _read(folder: Path) -> TaskResult:
    cost = json.loads((folder / _DONE).read_text(encoding="utf-8"))["cost"]
    return TaskResult(
        scores=pq.read_table(folder / SCORES_FILE, schema=SCORES),
        summary=pq.read_table(folder / SUMMARY_FILE, schema=SUMMARY),
        failures=read_failures(folder / _FAILURES),
        sample=read_sample(folder / _SAMPLE) if (folder / _SAMPLE).exists() else None,
        cost=Cost(**cost),
    )
