"""One run of a recipe of the kind `masked`: from recordings to a folder that `open_front` opens."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from polyvox.errors import PolyvoxError
from polyvox.modules.front.masked import KIND
from polyvox.modules.front.settings import write_settings
from polyvox.modules.masked_encoder import MaskedConfig, MaskedEncoder
from polyvox.train.feature_store import to_float
from polyvox.train.masked.journal import CURVE, METRICS, keep
from polyvox.train.masked.loop import CHECKPOINT, learn
from polyvox.train.masked.measure import accuracy
from polyvox.train.masked.quantiser import Quantiser, Sample, learn_quantiser, stacked
from polyvox.train.masked.recipe import Recipe, read_recipe
from polyvox.train.masked.rows import Rows, load_rows, read_examples
from polyvox.train.order_file import claim
from polyvox.train.progress import say
from polyvox.train.split import Part

if TYPE_CHECKING:
    from polyvox.train.kinds import Order

MODEL = "model"
_RUN, _QUANTISER, _FEATURES = "run.json", "targets.safetensors", "features"


def run_masked(order: Order) -> int:
    """Check or train.

    Returns:
        How many problems a check found; 0 after training.

    Raises:
        PolyvoxError: anything that stops the run; the message says what to do.
    """
    recipe = read_recipe(order.recipe)
    if order.check:
        return _check(recipe, order.data)
    if order.resume and not (order.out / CHECKPOINT).is_file():
        raise PolyvoxError(f"{order.out}: there is no run to go on with; leave --resume out to start one")
    say(f"model: {train(recipe, order.data, order.out, fresh=order.fresh)}")
    return 0


def train(recipe: Recipe, data: Path, out: Path, *, fresh: bool = False, stop: int | None = None) -> Path:
    """Train, or go on where an earlier call stopped.

    The model folder is written anew at each checkpoint, so that an unfinished encoder can be used.

    Args:
        recipe: what to do.
        data: folder that the recipe's paths are relative to.
        out: folder of the run.
        fresh: forget an earlier run in `out`.
        stop: a step to end at, from which another call goes on.

    Returns:
        The folder of the model.

    Raises:
        PolyvoxError: anything that stops the run.
    """
    _claim(recipe, out, fresh=fresh)
    rows = load_rows(recipe.data, data, out / _FEATURES)
    say(f"{rows.hours:.2f} hours to learn from, {len(rows.watched)} recordings held out")
    quantiser = _quantiser(recipe, rows, out / _QUANTISER)
    torch.manual_seed(recipe.training.seed)
    encoder = MaskedEncoder(_config(recipe))

    def report(step: int, loss: float) -> None:
        found = accuracy(encoder, quantiser, rows.train, rows.watched, recipe.training)
        line = {"accuracy": found.guessed, "chance": found.chance, "held_out_loss": found.loss}
        say(f"step {step}: hidden codes guessed {found.guessed:.4f}, chance {found.chance:.4f}")
        keep(out, {"step": step, "loss": loss, **line, "frames": found.frames})
        _write_model(encoder, recipe, rows, out, line)

    learn(encoder, quantiser, rows.train, recipe.training, out, report, stop=stop)
    return out / MODEL


def _config(recipe: Recipe) -> MaskedConfig:
    model, targets = recipe.model, recipe.targets
    return MaskedConfig(
        targets.codebooks,
        targets.size,
        width=model.width,
        layers=model.layers,
        heads=model.heads,
        kernel=model.kernel,
        dropout=model.dropout,
    )


def _quantiser(recipe: Recipe, rows: Rows, path: Path) -> Quantiser:
    if not path.is_file():
        learn_quantiser(_sample(rows, recipe.targets.sample, recipe.targets.seed), recipe.targets).save(path)
    return Quantiser.load(path)


def _sample(rows: Rows, wanted: int, seed: int) -> Sample:
    """Stacked features of whole recordings, drawn at random until there are enough."""
    places = [place for group in rows.train.groups.values() for place in group]
    found: list[Sample] = []
    total = 0
    for number in np.random.default_rng(seed).permutation(len(places)):
        if total >= wanted:
            break
        store, row = places[number]
        features = to_float(rows.train.stores[store].features(rows.train.row((store, row))))
        found.append(stacked(torch.from_numpy(features)[None])[0].numpy())
        total += len(found[-1])
    return np.concatenate(found)[:wanted]


def _claim(recipe: Recipe, out: Path, *, fresh: bool) -> None:
    """Make the run's folder, or check that the run in it is this one."""
    if fresh:
        for name in (_FEATURES, MODEL):
            shutil.rmtree(out / name, ignore_errors=True)
        for name in (_RUN, _QUANTISER, CHECKPOINT, METRICS, CURVE):
            (out / name).unlink(missing_ok=True)
    claim(out, asdict(recipe), file=_RUN)


def _write_model(
    encoder: MaskedEncoder, recipe: Recipe, rows: Rows, out: Path, figures: dict[str, float]
) -> None:
    """The front in `out/model`; the one before stays until this one is whole."""
    partial, folder = out / f"{MODEL}.partial", out / MODEL
    shutil.rmtree(partial, ignore_errors=True)
    encoder.save(partial)
    write_settings(partial, KIND, None, 1)
    card = {"name": recipe.model.name, "licence": recipe.model.licence, "hours": rows.hours, **figures}
    card["data"] = {source.path: source.licence for source in recipe.data.sources}
    (partial / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)


def _check(recipe: Recipe, data: Path) -> int:
    """Say what would be learned from; count files that are missing."""
    examples = read_examples(recipe.data, data)
    missing = [example.path for example in examples if not Path(example.path).is_file()]
    learned = sum(example.part == Part.TRAIN for example in examples)
    say(f"{learned} recordings to learn from, {len(examples) - learned} held out to watch")
    for path in missing[:20]:
        say(f"{path}: there is no such file")
    say(f"{len(missing)} problems")
    return len(missing)
