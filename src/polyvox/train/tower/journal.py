"""What a run says while it goes: lines in metrics.jsonl, a loss curve, progress with the time left."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from polyvox.train.progress import Progress
from polyvox.train.tower.curve import draw_curve

METRICS = "metrics.jsonl"


class Journal(TrainerCallback):
    """Writes a run's figures as they come; a resumed run forgets those after its checkpoint.

    Args:
        out: folder of the run.
    """

    def __init__(self, out: Path) -> None:
        self._path = out / METRICS
        self._progress: Progress | None = None
        self._started = 0.0
        self._note = ""

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **rest: Any,  # noqa: ANN401
    ) -> None:
        """Forget what the checkpoint does not know, and start the clock."""
        kept = [line for line in read_metrics(self._path) if line["step"] <= state.global_step]
        self._started = time.monotonic() - (kept[-1]["seconds"] if kept else 0.0)
        self._progress = Progress("training", state.max_steps, done=state.global_step)
        if state.is_world_process_zero:
            _write(self._path, kept)

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **rest: Any,  # noqa: ANN401
    ) -> None:
        """Count the step."""
        if self._progress and state.is_world_process_zero:
            self._progress.advance(1, self._note)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, float] | None = None,
        **rest: Any,  # noqa: ANN401
    ) -> None:
        """Keep the figures; the curve is drawn again at each evaluation and at the end."""
        if not state.is_world_process_zero:
            return
        figures = {name: value for name, value in (logs or {}).items() if name not in _NOT_KEPT}
        if "loss" in figures:
            self._note = f"loss {figures['loss']:.3f}"
        seconds = round(time.monotonic() - self._started, 2)
        line = {"step": state.global_step, "seconds": seconds, **figures}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        if any(name.startswith(("eval_", "train_")) for name in figures):
            draw_curve(read_metrics(self._path), self._path.with_name("loss.svg"))


_NOT_KEPT = frozenset({"epoch", "total_flos", "train_samples_per_second", "train_steps_per_second"})


def read_metrics(path: Path) -> list[dict[str, float]]:
    """The lines of metrics.jsonl; a last line that a kill cut off is left out."""
    lines: list[dict[str, float]] = []
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                lines.append(json.loads(line))
            except json.JSONDecodeError:
                break
    return lines


def _write(path: Path, lines: Sequence[Mapping[str, float]]) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    partial.replace(path)
