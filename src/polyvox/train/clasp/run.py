"""One run of a recipe of the kind `clasp`: recordings, both branches, every variant, tables."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import torch

from polyvox.modules.branch_fusion import Fusion
from polyvox.modules.branches import open_branch
from polyvox.modules.space import join
from polyvox.modules.two_branches import TwoBranches
from polyvox.train.clasp.assess import assessed, development_mrr
from polyvox.train.clasp.branch_store import BranchStore, fill
from polyvox.train.clasp.card import write_card
from polyvox.train.clasp.data import read_corpus
from polyvox.train.clasp.learning import METRICS, Course, learn, lesson, new_fusion
from polyvox.train.clasp.objective import INVERTED
from polyvox.train.clasp.references import REFERENCES, measured_references
from polyvox.train.clasp.report import write_report
from polyvox.train.clasp.results import RESULT, Result, read_result
from polyvox.train.clasp.sections import Branch, ClaspRecipe
from polyvox.train.clasp.stage import Stage, wanted_views
from polyvox.train.clasp.utterances import Corpus, readable, shuffled
from polyvox.train.clasp.variants import Variant
from polyvox.train.order_file import claim
from polyvox.train.progress import say
from polyvox.train.split import Part
from polyvox.train.tower.teacher import Teacher

SPEECH, BRANCHES_SEEN, MODEL = "speech", "branches", "model"


def train_variants(variants: Sequence[Variant], data: Path, out: Path, *, fresh: bool = False) -> Path:
    """Train what was not finished before, measure everything, and write the tables.

    The recordings, what branches saw in them and the references are shared and kept; a variant that was
    killed starts again.

    Args:
        variants: the first is what the others are compared with. They may differ in all but the data, the
            text model, what is measured and the seed.
        data: folder with `text` and `speech`.
        out: folder of the run.
        fresh: forget what was trained; recordings and what was seen in them stay.

    Returns:
        The report, `results.md`.

    Raises:
        PolyvoxError: anything that stops the run; the message says what to do.
    """
    torch.set_num_threads(1)
    if fresh:
        forget(out)
    base = variants[0].recipe
    corpus = read_corpus(base, data, out / SPEECH)
    say(
        f"{len(corpus.of(Part.TRAIN)):,} recordings to train on, {len(corpus.of(Part.DEVELOPMENT)):,} that "
        f"choose the epoch, {len(corpus.of(Part.TEST)):,} to test; {corpus.leaked} left out because of a test"
    )
    corpus = _all_seen(variants, corpus, out)
    teacher = Teacher(base.model.text)
    results = [_variant(one, corpus, teacher, out) for one in variants]
    references = measured_references(_stage(base, corpus, teacher, out), out)
    compared = {one.name: one.against for one in variants}
    return write_report(base, results, references, compared, out)


def forget(out: Path) -> None:
    """Delete what training wrote, and nothing else."""
    shutil.rmtree(out / "variants", ignore_errors=True)
    for name in (REFERENCES, "results.md", "curves.svg"):
        (out / name).unlink(missing_ok=True)


def _all_seen(variants: Sequence[Variant], corpus: Corpus, out: Path) -> Corpus:
    """Let the branches of all variants see all recordings; without those that cannot be read."""
    base = variants[0].recipe
    branches = dict.fromkeys(branch for one in variants for branch in (one.recipe.first, one.recipe.second))
    stores = [_store(branch, base, out) for branch in branches]
    skipped: set[Path] = set()

    def skip(path: Path, why: str) -> None:
        skipped.add(path)
        say(f"skipped {path}: {why}")

    fill(stores, [(one.path, condition) for one, condition in wanted_views(corpus, base)], skip)
    return readable(corpus, lambda path: path not in skipped)


def _store(branch: Branch, recipe: ClaspRecipe, out: Path) -> BranchStore:
    opened = open_branch(branch.kind, branch.name, branch.layers)
    return BranchStore(out / BRANCHES_SEEN, opened, recipe.training.max_seconds)


def _stage(recipe: ClaspRecipe, corpus: Corpus, teacher: Teacher, out: Path) -> Stage:
    return Stage(
        recipe, corpus, _store(recipe.first, recipe, out), _store(recipe.second, recipe, out), teacher
    )


def _variant(variant: Variant, corpus: Corpus, teacher: Teacher, out: Path) -> Result:
    """Train, measure and save one variant, unless that was done before."""
    folder = out / "variants" / variant.slug
    stage = _stage(variant.recipe, corpus, teacher, out)
    views = [stage.first.branch.fingerprint, stage.second.branch.fingerprint]
    claim(folder, {"recipe": asdict(variant.recipe), "text": teacher.fingerprint, "views": views})
    finished = read_result(folder)
    if finished is not None:
        return replace(finished, name=variant.name)
    say(f"variant: {variant.name}")
    (folder / METRICS).unlink(missing_ok=True)
    fusion, course = _trained(stage, folder)
    _warn(course)
    result = assessed(stage, variant.name, fusion, course)
    _save(stage, fusion, result, folder)
    result.write(folder)
    return result


def _trained(stage: Stage, folder: Path) -> tuple[Fusion, Course]:
    recipe, heard = stage.recipe, stage.training()
    first, second = stage.views(heard)
    if recipe.training.shuffled:
        heard = shuffled(heard, recipe.seed)
    texts = [one.text for one in heard]
    given = lesson(first, second, stage.teacher(texts), texts)
    fusion = new_fusion(recipe, given)
    course = learn(fusion, given, recipe, lambda now: development_mrr(stage, now), folder)
    return fusion, course


def _warn(course: Course) -> None:
    if course.over_guessing is not None and course.over_guessing > INVERTED:
        say(
            f"the loss ended at {course.over_guessing:.3f} of ln B, above {INVERTED}: the temperature is "
            "inverted (legacy = true multiplies by it), or nothing was learned"
        )


def _save(stage: Stage, fusion: Fusion, result: Result, folder: Path) -> None:
    """Write text and speech as one sentence-transformers model, whole or not at all."""
    hears = TwoBranches(
        stage.first.branch, stage.second.branch, fusion.eval(), stage.recipe.training.max_seconds
    )
    modules, prompts = stage.teacher.modules()
    partial = folder / f"{MODEL}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    join(modules, hears, prompts).save(str(partial), create_model_card=False)
    write_card(partial, stage, result)
    shutil.rmtree(folder / MODEL, ignore_errors=True)
    partial.replace(folder / MODEL)


__all__ = ["MODEL", "RESULT", "forget", "train_variants"]
