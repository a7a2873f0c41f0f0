"""One run of a recipe of the kind `speech`: from its data to a model folder."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from polyvox.modules.space import join
from polyvox.train.alone import alone
from polyvox.train.order_file import claim, write_json
from polyvox.train.progress import say
from polyvox.train.sounds import TrainingError
from polyvox.train.tower.batch import SKIPPED, Batcher, note_skipped
from polyvox.train.tower.card import write_card
from polyvox.train.tower.draws import Draws
from polyvox.train.tower.evaluator import Ranked, Retrieval
from polyvox.train.tower.journal import METRICS, Journal
from polyvox.train.tower.objective import build_objective
from polyvox.train.tower.prepare import Prepared, prepare
from polyvox.train.tower.recipe import Recipe
from polyvox.train.tower.rows import Row
from polyvox.train.tower.stream import StreamedDraws
from polyvox.train.tower.trainer import (
    TowerTrainer,
    broken_checkpoints,
    processes,
    training_arguments,
    whole_checkpoints,
)
from polyvox.train.tower.trouble import explained

MODEL = "model"
FRAMES = "frames"
RESULTS, RANKS = "results.json", "ranks.tsv"
_RUN = "run.json"


def train(
    recipe: Recipe,
    data: Path,
    out: Path,
    *,
    frames: Path | None = None,
    fresh: bool = False,
    control: bool = False,
) -> Path:
    """Train, or go on where an earlier call stopped.

    Args:
        recipe: what to do.
        data: folder that the recipe's paths are relative to.
        out: folder of the run.
        frames: folder for what a frozen front hears, shared by runs; inside `out` where None.
        fresh: forget an earlier run in `out`.
        control: train on texts that are shuffled among the recordings, which can teach nothing.

    Returns:
        The folder of the finished model.

    Raises:
        PolyvoxError: anything that stops the run; the message says what to do.
    """
    with explained(out):
        start = time.time()
        prepared = prepare(recipe, data, frames or out / FRAMES, control=control)
        prepared.need_a_batch()
        with alone(out) if first_process() else nullcontext():
            _claim(out, prepared, fresh=fresh, control=control)
            trainer = build_trainer(prepared, out)
            checkpoints = whole_checkpoints(out)
            if first_process():
                for path in broken_checkpoints(out):
                    shutil.rmtree(path)
                note_skipped(out / SKIPPED, prepared.rows.counts.skipped)
                say(f"going on from {checkpoints[-1].name}" if checkpoints else "starting")
            trainer.train(resume_from_checkpoint=str(checkpoints[-1]) if checkpoints else None)
            return _finish(prepared, trainer, out, started=start, control=control)


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
    batcher = Batcher(prepared.listener(), prepared.speller, out)
    _hear(prepared, batcher)
    evaluator = retrieval(prepared, development) if development else None
    objective = build_objective(student, recipe.losses, prepared.teacher)
    trainer = TowerTrainer(student, arguments, objective, sampler, batcher, evaluator)
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(Journal(out))
    return trainer


def retrieval(prepared: Prepared, rows: Sequence[Row], *, whole: bool = False) -> Retrieval:
    """The evaluation of a run on some rows: on all of them, or on no more than [training] pool."""
    recipe = prepared.recipe
    most = len(rows) if whole else recipe.training.pool
    return Retrieval(rows, prepared.teacher, recipe.losses.sides(), most, prepared.listener())


def _hear(prepared: Prepared, batcher: Batcher) -> None:
    """The first process lets the front hear; the others find it done."""
    if first_process():
        prepared.hear(batcher.tell)
    if processes() > 1:
        from accelerate import PartialState

        PartialState().wait_for_everyone()
        if prepared.store is not None:
            prepared.store.look()


def _sampler(prepared: Prepared, batches: int) -> Draws | StreamedDraws:
    data, training, rows = prepared.recipe.data, prepared.recipe.training, prepared.rows
    if rows.streamed:
        return StreamedDraws(
            data,
            prepared.data,
            rows.unwanted,
            training.batch,
            batches,
            training.seed,
            prepared.recipe.losses.sides(),
        )
    return Draws(rows.train, data, training.batch, batches, training.seed)


def _claim(out: Path, prepared: Prepared, *, fresh: bool, control: bool) -> None:
    """Make the run's folder, or check that the run in it is this one."""
    if not first_process():
        return
    if fresh:
        forget(out)
    order = {
        "recipe": asdict(prepared.recipe),
        "data": prepared.rows.counts.files,
        "teacher": prepared.teacher.fingerprint,
        "control": control,
    }
    claim(out, order, file=_RUN)


def forget(out: Path) -> None:
    """Delete what a run wrote, and nothing else."""
    for path in [*out.glob("checkpoint-*"), out / MODEL, out / "eval"]:
        shutil.rmtree(path, ignore_errors=True)
    for name in (_RUN, METRICS, RESULTS, RANKS, SKIPPED, "loss.svg", "trouble.txt"):
        (out / name).unlink(missing_ok=True)


def _finish(prepared: Prepared, trainer: TowerTrainer, out: Path, *, started: float, control: bool) -> Path:
    figures = dict(trainer.evaluate()) if prepared.rows.development else {}
    folder = out / MODEL
    if not first_process():
        return folder
    student: Any = trainer.model
    if prepared.rows.test:
        tested = retrieval(prepared, prepared.rows.test, whole=True)
        found = tested.ranked(student)
        write_ranks(out / RANKS, found)
        figures |= {f"test_{name}": value for name, value in tested.figures(found).items()}
    write_results(out, prepared, figures, time.time() - started)
    partial = out / f"{MODEL}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    modules, prompts = prepared.teacher.modules()
    space = join(modules, student[0].eval(), prompts)
    space.save(str(partial), create_model_card=False)
    write_card(partial, out, prepared, figures, seconds=time.time() - started, control=control)
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)
    return folder


def write_results(out: Path, prepared: Prepared, figures: Mapping[str, float], seconds: float) -> None:
    """Write `results.json`: what was measured in the end, on how many rows."""
    rows = prepared.rows
    found = {
        "figures": dict(figures),
        "trained": rows.size,
        "hours": sum(row.seconds for row in rows.train) / 3600,
        "test": len(rows.test),
        "development": len(rows.development),
        "steps": prepared.steps,
        "seconds": seconds,
    }
    write_json(out / RESULTS, found)


def write_ranks(path: Path, found: Sequence[Ranked]) -> None:
    """Write where the right text of every test recording came: what fails, for whom."""
    lines = ["side\tpath\tlanguage\tspeaker\tseconds\trank"]
    lines += [
        f"{one.side}\t{row.path.name}\t{row.language}\t{row.speaker}\t{row.seconds:g}\t{rank}"
        for one in found
        for row, rank in zip(one.rows, one.there, strict=True)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def first_process() -> bool:
    """Whether this process is alone, or the first of several."""
    return int(os.environ.get("RANK", "0")) == 0


__all__ = ["TrainingError", "build_trainer", "first_process", "forget", "retrieval", "train"]
