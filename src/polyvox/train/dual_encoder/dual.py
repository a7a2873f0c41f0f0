"""Train one tower: batches of written pairs through sentence-transformers' trainer."""

from __future__ import annotations

import resource
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from polyvox.modules.prefixes import NO_PREFIXES, Prefixes
from polyvox.modules.spoken_transformer import SpokenTransformer
from polyvox.modules.units import Units
from polyvox.train.dual_encoder.dual_section import Dual
from polyvox.train.dual_encoder.objective import DualObjective
from polyvox.train.dual_encoder.pairs import Draw, Pair, PairDraws
from polyvox.train.dual_encoder.recipe import Recipe
from polyvox.train.dual_encoder.tower import build_tower, write_start
from polyvox.train.order_file import write_json
from polyvox.train.tower.journal import Journal
from polyvox.train.tower.trainer import TowerTrainer, training_arguments, whole_checkpoints
from polyvox.train.tower.training_section import Training
from polyvox.train.tower.trouble import explained

MODEL, COST = "model", "cost.json"
_START = "start"


class Reading:
    """Draws to a batch of token numbers: `left_…`, `right_…` and `label`."""

    def __init__(self, reader: SpokenTransformer) -> None:
        self._reader = reader

    def __call__(self, draws: Sequence[Draw]) -> Mapping[str, Any]:
        """A batch for the trainer."""
        batch: dict[str, Any] = {}
        for name in ("left", "right"):
            tokens = self._reader.tokens([getattr(draw, name) for draw in draws])
            batch |= {f"{name}_{key}": tokens[key] for key in ("input_ids", "attention_mask")}
        batch["label"] = torch.tensor([draw.meaning % 2**63 for draw in draws])
        return batch


def train_tower(
    source: str,
    speech: Units,
    pairs: tuple[Sequence[Pair], Sequence[Pair]],
    dual: Dual,
    recipe: Recipe,
    out: Path,
) -> Path:
    """Train a tower, or go on from its last checkpoint.

    Args:
        source: folder or name of the language model.
        speech: hears; saved with the tower.
        pairs: of speech and text, and of text and text.
        dual: what is trained.
        recipe: how: its units, prefixes and optimizer.
        out: folder of the tower.

    Returns:
        The folder of the finished model.

    Raises:
        PolyvoxError: anything that stops the run; the message says what to do.
    """
    finished = out / MODEL
    if finished.is_dir():
        return finished
    with explained(out):
        if not (out / _START).is_dir():
            out.mkdir(parents=True, exist_ok=True)
            write_start(source, recipe.speech.units, dual, out / _START)
        training = recipe.training
        used = recipe.prefix if dual.prefix else NO_PREFIXES
        sample = _sample(pairs[0], dual, used)
        tower = build_tower(out / _START, None, used, recipe.speech.max_seconds, dual, sample)
        draws = PairDraws(*pairs, dual, used, training.batch, training.steps)
        began = time.process_time()
        _train(tower, draws, dual, training, out)
        _write_cost(out, tower, training, time.process_time() - began)
        reader: Any = tower[0]
        reader.speech = speech
        _save(tower.eval(), finished)
    shutil.rmtree(out / _START)
    for checkpoint in whole_checkpoints(out):
        shutil.rmtree(checkpoint)
    return finished


def _train(tower: SentenceTransformer, draws: PairDraws, dual: Dual, training: Training, out: Path) -> None:
    from transformers import PrinterCallback

    arguments = training_arguments(training, out, training.steps, evaluated=False)
    reading: Any = Reading(tower[0])  # type: ignore[arg-type]
    trainer = TowerTrainer(tower, arguments, DualObjective(tower, dual), draws, reading, None)
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(Journal(out))
    checkpoints = whole_checkpoints(out)
    trainer.train(resume_from_checkpoint=str(checkpoints[-1]) if checkpoints else None)


def _sample(pairs: Sequence[Pair], dual: Dual, prefixes: Prefixes) -> list[str]:
    """Inputs of both sides, drawn at random."""
    order = np.random.default_rng(dual.seed).permutation(len(pairs))[: dual.whiten // 2]
    drawn = [pairs[place] for place in order]
    return [side.with_prefix(prefixes) for pair in drawn for side in (pair.left, pair.right)]


def _save(tower: SentenceTransformer, folder: Path) -> None:
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    tower.save(str(partial), create_model_card=False)
    partial.replace(folder)


def _write_cost(out: Path, tower: SentenceTransformer, training: Training, seconds: float) -> None:
    cost = {
        "parameters": sum(weights.numel() for weights in tower.parameters()),
        "trained": sum(weights.numel() for weights in tower.parameters() if weights.requires_grad),
        "processor_seconds_a_step": round(seconds / training.steps, 3),
        "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "training": asdict(training),
    }
    write_json(out / COST, cost)
