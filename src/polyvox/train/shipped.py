"""The recipe of the model that comes with polyvox: text, synthesis, speech, light model, tables."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from polyvox.errors import MissingExtraError, PolyvoxError
from polyvox.train.markdown_table import markdown
from polyvox.train.progress import say
from polyvox.train.recipe import recipe_values

if TYPE_CHECKING:
    from polyvox.train.kinds import Order

TEXT, SPOKEN, SPEECH, MODEL, FIGURES = "text", "spoken", "speech", "model", "figures"

_HEADS = ("task", "direction", "dimensions", "metric", "score", "pairs", "queries", "pool")
_TIES = "Measured over whole pools; means over language pairs; wrong documents that tie count as found first."


@dataclass(frozen=True, slots=True)
class MeasureRecipe:
    """What the finished model is measured on: the section `[measure]`.

    Attributes:
        tasks: of `polyvox evaluate`; a task whose data is missing is reported and left out.
        dimensions: prefixes of the vectors; all of them where empty.
        limit: queries of each pool, all where 0.
    """

    tasks: tuple[str, ...]
    dimensions: tuple[int, ...] = ()
    limit: int = 0


class Stage(NamedTuple):
    """One step: its folder in the run, what it is in words, what does it, and the sections it goes by."""

    folder: str
    what: str
    work: Callable[[Order], object]
    sections: tuple[str, ...]


def run_shipped(order: Order) -> int:
    """Run the stages that are not done yet; each goes on where it stopped.

    Returns:
        How many problems a check found; 0 after training.

    Raises:
        MissingExtraError: the extra `train` is not installed.
        PolyvoxError: data or programs are missing, or a stage cannot go on.
    """
    try:
        import anyascii  # noqa: F401 - the extra `hub` has torch, but not this
        import torch
    except ImportError as error:
        raise MissingExtraError("train", "training") from error
    problems = _problems(order)
    if order.check:
        for problem in problems:
            say(problem)
        say(f"{len(problems)} problems")
        return len(problems)
    if problems:
        raise PolyvoxError("; ".join(problems))
    if order.resume and not order.out.is_dir():
        raise PolyvoxError(f"{order.out}: there is no run to go on with; leave --resume out to start one")
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    _carry_out(order)
    say(f"model: {order.out / MODEL}")
    return 0


def _carry_out(order: Order) -> None:
    if order.fresh:
        for stage in STAGES:
            shutil.rmtree(order.out / stage.folder, ignore_errors=True)
            _done(order.out, stage).unlink(missing_ok=True)
    values, before = recipe_values(order.recipe), ""
    for stage in STAGES:
        said = json.dumps([before, {name: values.get(name) for name in stage.sections}], sort_keys=True)
        before = hashlib.sha256(said.encode()).hexdigest()
        done = _done(order.out, stage)
        if done.is_file():
            if done.read_text(encoding="utf-8") != before:
                raise PolyvoxError(
                    f"{order.out}: {stage.what} was made by other settings of {', '.join(stage.sections)}, "
                    f"or of a stage before; give another --out, --fresh for everything anew, or remove "
                    f"{done.name} and those of later stages"
                )
            say(f"{stage.what}: done before")
            continue
        say(stage.what)
        stage.work(order)
        done.write_text(before, encoding="utf-8")


def _done(out: Path, stage: Stage) -> Path:
    """Says that a stage is done; beside its folder, which may be a model that is copied elsewhere."""
    return out / f"{stage.folder}.done"


def _problems(order: Order) -> list[str]:
    from polyvox.evaluate.declaration import find_tasks
    from polyvox.train.engines import installed_engines
    from polyvox.train.recipe import TextRecipe, read_section
    from polyvox.train.speech_recipe import load_speech_recipe
    from polyvox.train.spoken_texts import load_synthesis_config

    text = read_section(order.recipe, "text", TextRecipe)
    speech = load_speech_recipe(order.recipe)
    spoken = load_synthesis_config(order.recipe)
    measure = read_section(order.recipe, "measure", MeasureRecipe)
    find_tasks(measure.tasks)
    if odd := set(measure.dimensions) - set(text.matryoshka):
        raise PolyvoxError(f"[measure] dimensions: {min(odd)} is not one of {sorted(text.matryoshka)}")
    files = [order.data / "text" / f"train-{name}.jsonl.xz" for name in text.sources]
    files += [order.data / "text" / f"{name}.jsonl.xz" for name in spoken.sources]
    files += [order.data / "speech" / name / "manifest.tsv" for name in speech.human]
    if not find_spec("ir_measures"):
        raise MissingExtraError("evaluate", "measuring the finished model")
    missing = [f"{path} is missing; is --data right?" for path in dict.fromkeys(files) if not path.is_file()]
    installed = {engine.name for engine in installed_engines()}
    silent = [name for name in spoken.engines if name not in installed]
    return missing + [f"the speech engine {name} is not installed" for name in silent]


def _train_text(order: Order) -> None:
    from polyvox.train import text_tower
    from polyvox.train.package import package
    from polyvox.train.recipe import TextRecipe, read_section

    recipe = read_section(order.recipe, "text", TextRecipe)
    text_tower.train(recipe, order.data / "text", order.out / TEXT)
    # The speech stages take the text tower as a model.
    package(order.recipe, order.out / TEXT, order.out / MODEL)


def _speak(order: Order) -> None:
    from polyvox.train.spoken_texts import load_synthesis_config, texts_to_speak
    from polyvox.train.synthesis import synthesize

    config = load_synthesis_config(order.recipe)
    synthesize(
        texts_to_speak(config, order.data / "text"),
        order.out / SPOKEN,
        engines=config.engines,
        seed=config.seed,
        workers=os.cpu_count() or 1,
    )


def _train_speech(order: Order) -> None:
    from polyvox.train import speech_tower
    from polyvox.train.speech_recipe import load_speech_recipe

    recipe = load_speech_recipe(order.recipe)
    speech_tower.train(recipe, order.data, order.out / SPOKEN, order.out / SPEECH)


def _add_speech(order: Order) -> None:
    from polyvox.train.export import Precision, write_words
    from polyvox.train.export_run import WordsRun
    from polyvox.train.parity import sample_speech
    from polyvox.train.speech_recipe import load_speech_recipe

    model = order.out / MODEL
    run = WordsRun(order.out / SPEECH, load_speech_recipe(order.recipe), model)
    write_words(run, model, Precision.INT8, sample_speech())


def _measure(order: Order) -> None:
    from polyvox.encode.manifest import read_manifest
    from polyvox.evaluate.declaration import find_tasks
    from polyvox.evaluate.measure import Settings
    from polyvox.evaluate.outline import outline
    from polyvox.evaluate.run import evaluate_encoder
    from polyvox.evaluate.systems import load_system
    from polyvox.train.export_card import CARD_FILE, write_card
    from polyvox.train.recipe import read_section

    asked = read_section(order.recipe, "measure", MeasureRecipe)
    tasks = find_tasks(asked.tasks)
    system = load_system(str(order.out / MODEL))
    settings = Settings(asked.dimensions, limit=asked.limit or None)
    found = evaluate_encoder(system, tasks, order.data, order.out / FIGURES, settings, report=say)
    rows = []
    for one in outline(found.evaluation, tasks):
        sizes = (f"{one.pairs:,}", f"{one.queries:,}", one.pool)
        rows.append([one.task, one.direction, f"{one.dimension}", one.metric, one.score, *sizes])
    table = markdown(_HEADS, rows)
    say(table)
    measured = f"{_TIES}\n\n{table}"
    (order.out / FIGURES / CARD_FILE).write_text(measured, encoding="utf-8")
    write_card(order.out / MODEL, read_manifest(order.out / MODEL), order.out / FIGURES)


STAGES: Sequence[Stage] = (
    Stage(TEXT, "text tower", _train_text, ("model", "text")),
    Stage(SPOKEN, "synthetic speech", _speak, ("synthesis",)),
    Stage(SPEECH, "speech tower", _train_speech, ("speech",)),
    Stage(MODEL, "light model", _add_speech, ("speech",)),
    Stage(FIGURES, "tables and card", _measure, ("measure",)),
)
