"""One run of a recipe of the kind `speech`: from its data to a model folder."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from polyvox.errors import PolyvoxError
from polyvox.modules.space import join
from polyvox.modules.speech import Speech
from polyvox.train.sounds import TrainingError
from polyvox.train.tower.batch import SKIPPED, Batcher
from polyvox.train.tower.card import write_card
from polyvox.train.tower.draws import Draws
from polyvox.train.tower.evaluator import Retrieval
from polyvox.train.tower.journal import METRICS, Journal
from polyvox.train.tower.labels import Speller
from polyvox.train.tower.objective import build_objective
from polyvox.train.tower.recipe import Recipe
from polyvox.train.tower.rows import Rows, load_rows
from polyvox.train.tower.shuffled import with_shuffled_texts
from polyvox.train.tower.stream import StreamedDraws, scan
from polyvox.train.tower.student import build_student
from polyvox.train.tower.teacher import Teacher
from polyvox.train.tower.trainer import (
    TowerTrainer,
    broken_checkpoints,
    processes,
    training_arguments,
    whole_checkpoints,
)
from polyvox.train.tower.trouble import explained

MODEL = "model"
_RUN = "run.json"


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that training needs, built from the recipe and the data."""

    recipe: Recipe
    data: Path
    rows: Rows
    teacher: Teacher
    speller: Speller
    student: Speech
    steps: int


def train(recipe: Recipe, data: Path, out: Path, *, fresh: bool = False, control: bool = False) -> Path:
    """Train, or go on where an earlier call stopped.

    Args:
        recipe: what to do.
        data: folder that the recipe's paths are relative to.
        out: folder of the run.
        fresh: forget an earlier run in `out`.
        control: train on texts that are shuffled among the recordings, which can teach nothing.

    Returns:
        The folder of the finished model.

    Raises:
        PolyvoxError: anything that stops the run; the message says what to do.
    """
    with explained(out):
        start = time.time()
        prepared = prepare(recipe, data, control=control)
        _claim(out, prepared, fresh=fresh, control=control)
        trainer = build_trainer(prepared, out)
        checkpoints = whole_checkpoints(out)
        if _first_process():
            for path in broken_checkpoints(out):
                shutil.rmtree(path)
            say(f"going on from {checkpoints[-1].name}" if checkpoints else "starting")
        trainer.train(resume_from_checkpoint=str(checkpoints[-1]) if checkpoints else None)
        return _finish(prepared, trainer, out, started=start, control=control)


def prepare(recipe: Recipe, data: Path, *, control: bool = False) -> Prepared:
    """Read the data, open the teacher, build the student.

    Raises:
        PolyvoxError: something is missing or wrong.
    """
    streamed = recipe.data.sources[0].stream
    if streamed and control:
        raise PolyvoxError("--control shuffles texts among all recordings, which a stream does not hold")
    rows = (scan if streamed else load_rows)(recipe.data, data)
    if control:
        rows = with_shuffled_texts(rows, recipe.training.seed)
    teacher = Teacher(recipe.model.teacher)
    if any(width > teacher.dimension for width in recipe.losses.widths):
        raise PolyvoxError(
            f"[losses] widths: {list(recipe.losses.widths)} exceed the teacher's {teacher.dimension} "
            f"dimensions"
        )
    speller = Speller.learn(recipe.losses.labels, rows.train)
    student = build_student(recipe.model, speller.inventory, teacher.dimension, recipe.training.seed)
    if not recipe.losses.ctc and recipe.model.student == "direct":
        # Distributed training waits for the gradient of every parameter that wants one.
        student.tower.sounds.head.requires_grad_(False)
    speller = Speller(recipe.losses.labels, student.tower.inventory)
    return Prepared(recipe, data, rows, teacher, speller, student, _steps(recipe, rows.size))


def _steps(recipe: Recipe, rows: int) -> int:
    training = recipe.training
    per_step = training.batch * training.accumulate * processes()
    if rows < training.batch:
        raise PolyvoxError(
            f"[training] batch: {training.batch} recordings a batch, but there are only {rows} to train on"
        )
    return training.steps or math.ceil(training.epochs * rows / per_step)


def build_trainer(prepared: Prepared, out: Path) -> TowerTrainer:
    """The trainer of a run, ready to start."""
    from sentence_transformers import SentenceTransformer
    from transformers import PrinterCallback

    recipe, training = prepared.recipe, prepared.recipe.training
    development = prepared.rows.development
    arguments = training_arguments(training, out, prepared.steps, evaluated=bool(development))
    student = SentenceTransformer(modules=[prepared.student], device=str(arguments.device))
    batches = prepared.steps * training.accumulate * processes()
    sampler = _sampler(prepared, batches)
    batcher = Batcher(recipe.data, recipe.model.max_seconds, prepared.speller, out, training.seed)
    evaluator = (
        Retrieval(development, prepared.teacher, _sides(recipe), training.pool, recipe.model.max_seconds)
        if development
        else None
    )
    objective = build_objective(student, recipe.losses, prepared.teacher)
    trainer = TowerTrainer(student, arguments, objective, sampler, batcher, evaluator)
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(Journal(out))
    return trainer


def _sampler(prepared: Prepared, batches: int) -> Draws | StreamedDraws:
    data, training, rows = prepared.recipe.data, prepared.recipe.training, prepared.rows
    if rows.streamed:
        return StreamedDraws(data, prepared.data, rows.unwanted, training.batch, batches, training.seed)
    return Draws(rows.train, data, training.batch, batches, training.seed)


def _sides(recipe: Recipe) -> list[str]:
    targets = recipe.losses.targets
    return sorted(recipe.losses.sides(), key=lambda side: -targets[side])


def _claim(out: Path, prepared: Prepared, *, fresh: bool, control: bool) -> None:
    """Make the run's folder, or check that the run in it is this one."""
    if not _first_process():
        return
    identity = {
        "recipe": json.loads(json.dumps(asdict(prepared.recipe))),
        "data": prepared.rows.counts.files,
        "teacher": prepared.teacher.fingerprint,
        "control": control,
    }
    path = out / _RUN
    if fresh:
        forget(out)
    if path.is_file():
        earlier = json.loads(path.read_text(encoding="utf-8"))
        changed = [name for name in identity if earlier.get(name) != identity[name]]
        if changed:
            raise PolyvoxError(
                f"{out} holds a run with another {' and '.join(changed)}; go on with what it began with, "
                "give --fresh to forget it, or another --out"
            )
        return
    out.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(identity, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def forget(out: Path) -> None:
    """Delete what a run wrote, and nothing else."""
    for path in [*out.glob("checkpoint-*"), out / MODEL, out / "eval"]:
        shutil.rmtree(path, ignore_errors=True)
    for name in (_RUN, METRICS, SKIPPED, "loss.svg", "trouble.txt"):
        (out / name).unlink(missing_ok=True)


def _finish(prepared: Prepared, trainer: TowerTrainer, out: Path, *, started: float, control: bool) -> Path:
    figures = trainer.evaluate() if prepared.rows.development else {}
    folder = out / MODEL
    if not _first_process():
        return folder
    partial = out / f"{MODEL}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    modules, prompts = prepared.teacher.modules()
    student: Any = trainer.model
    space = join(modules, student[0].eval(), prompts)
    space.save(str(partial), create_model_card=False)
    write_card(partial, out, prepared, figures, seconds=time.time() - started, control=control)
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)
    return folder


def _first_process() -> bool:
    return int(os.environ.get("RANK", "0")) == 0


def say(message: str) -> None:
    """A line on standard error."""
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


__all__ = ["Prepared", "TrainingError", "build_trainer", "forget", "prepare", "train"]
