"""What `polyvox train` does with a recipe of the kind `dual-encoder`: one stage after the other."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from polyvox.errors import PolyvoxError
from polyvox.train.dual_encoder.asked import groups_of, spoken_pairs
from polyvox.train.dual_encoder.corpus import build_corpus, open_corpus
from polyvox.train.dual_encoder.documents import open_library
from polyvox.train.dual_encoder.dual import MODEL, train_tower
from polyvox.train.dual_encoder.dual_section import Dual
from polyvox.train.dual_encoder.language_model import PERPLEXITY, train_language_model
from polyvox.train.dual_encoder.measured import measure_tower
from polyvox.train.dual_encoder.pairs import Pair, translation_pairs
from polyvox.train.dual_encoder.recipe import Recipe, read_recipe
from polyvox.train.dual_encoder.table import write_table
from polyvox.train.dual_encoder.unit_stage import UnitStage
from polyvox.train.dual_encoder.utterances import unwanted_texts, utterances
from polyvox.train.human_speech import Spoken
from polyvox.train.order_file import write_json
from polyvox.train.progress import say

if TYPE_CHECKING:
    from polyvox.train.kinds import Order

TEXTS, CORPUS, LANGUAGE_MODEL, UNITS, TOWERS = "texts", "corpus", "language-model", "units", "towers"
TABLE = "table.md"
_RECIPE = "recipe.json"


def run_dual_encoder(order: Order) -> int:
    """Run the stages that are not done yet; each goes on where it stopped.

    Returns:
        0: a check counts what there is, and mistakes are errors.

    Raises:
        PolyvoxError: data are missing, the recipe changed, or a stage cannot go on.
    """
    recipe = read_recipe(order.recipe)
    spoken = utterances(recipe.speech, order.data)
    if order.check:
        _say_counts(spoken)
        return 0
    _claim(order, recipe)
    _set_threads()
    unwanted = unwanted_texts(spoken, order.data, order.out / TEXTS)
    source = recipe.language_model.start or _train_language_model(recipe, order, unwanted)
    stage = UnitStage(recipe.speech, order.out / UNITS)
    units = stage.units_of(spoken, say)
    pairs, groups = spoken_pairs(recipe.speech, spoken, units), groups_of(recipe.speech, spoken, units)
    for name, dual in recipe.towers().items():
        say(f"tower {name}")
        folder = order.out / TOWERS / name
        finished = (folder / MODEL).is_dir()
        translated = [] if finished else _translated(recipe, dual, order.data, unwanted)
        train_tower(source, stage.ear(), (pairs, translated), dual, recipe, folder)
        measure_tower(folder, groups, dual, recipe.prefix)
    _finish(recipe, order.out)
    return 0


def _translated(recipe: Recipe, dual: Dual, data: Path, unwanted: frozenset[int]) -> list[Pair]:
    if not dual.translation:
        return []
    library = open_library(data / "text", dual.translation_sources, recipe.language_model.languages, unwanted)
    return translation_pairs(library, dual, (*recipe.speech.seen, *recipe.speech.unseen))


def _train_language_model(recipe: Recipe, order: Order, unwanted: frozenset[int]) -> str:
    out, section = order.out, recipe.language_model
    folder = out / LANGUAGE_MODEL
    if not (folder / PERPLEXITY).is_file():
        from transformers import AutoTokenizer

        if open_corpus(out / CORPUS) is None:
            say("text of the language model")
            library = open_library(order.data / "text", list(section.sources), section.languages, unwanted)
            build_corpus(library, section, recipe.prefix, out / CORPUS)
        corpus = open_corpus(out / CORPUS)
        assert corpus is not None  # noqa: S101 - it was made above
        tokenizer = AutoTokenizer.from_pretrained(out / CORPUS)
        say("language model")
        tokenizer.save_pretrained(folder)
        train_language_model(section, corpus, len(tokenizer), folder)
    return str(folder)


def _finish(recipe: Recipe, out: Path) -> None:
    facts = {
        "Seed": f"{recipe.training.seed}",
        "Steps": f"{recipe.training.steps} of {recipe.training.batch} pairs",
        "Front": f"{recipe.speech.front}, layers {list(recipe.speech.layers) or 'its own'}",
    }
    measured = out / LANGUAGE_MODEL / PERPLEXITY
    if measured.is_file():
        found = json.loads(measured.read_text(encoding="utf-8"))
        facts["Language model"] = ", ".join(f"{name} {value:,.4g}" for name, value in found.items())
    table = write_table(list(recipe.towers()), out / TOWERS, out / TABLE, facts)
    first = out / TOWERS / next(iter(recipe.towers())) / MODEL
    shutil.rmtree(out / MODEL, ignore_errors=True)
    shutil.copytree(first, out / MODEL)
    say(f"\n{table}\nmodel: {out / MODEL}")


def _claim(order: Order, recipe: Recipe) -> None:
    """Make the run's folder, or check that the run in it is this one."""
    path = order.out / _RECIPE
    if order.fresh:
        for name in (TEXTS, CORPUS, LANGUAGE_MODEL, UNITS, TOWERS, MODEL):
            shutil.rmtree(order.out / name, ignore_errors=True)
        path.unlink(missing_ok=True)
    if order.resume and not path.is_file():
        raise PolyvoxError(f"{order.out}: there is no run to go on with; leave --resume out to start one")
    identity: Mapping[str, object] = json.loads(json.dumps(asdict(recipe)))
    if path.is_file():
        earlier = json.loads(path.read_text(encoding="utf-8"))
        if changed := _changed(earlier, identity):
            raise PolyvoxError(
                f"{order.out} holds a run with another {' and '.join(changed)}; give --fresh to forget it, "
                "or another --out"
            )
    write_json(path, identity)


def _changed(earlier: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    """The sections that differ; towers that were added or taken away are no change."""
    names = [name for name in now if name != "variants" and earlier.get(name) != now[name]]
    before, after = earlier.get("variants"), now.get("variants")
    if isinstance(before, dict) and isinstance(after, dict):
        names += [f"variant {name}" for name in before if name in after and before[name] != after[name]]
    return names


def _say_counts(spoken: Sequence[Spoken]) -> None:
    counts = Counter((one.language, str(one.part)) for one in spoken)
    for (language, part), count in sorted(counts.items()):
        say(f"{language}: {count} recordings, {part}")


def _set_threads() -> None:
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
