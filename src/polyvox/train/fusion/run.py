"""One run of a recipe of the kind `fusion`: text model, frames, every variant, tables."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from polyvox.encode.prefix import shortened
from polyvox.encode.protocol import Vectors
from polyvox.evaluate.problem import Problem
from polyvox.modules.front import SpeechFront, open_front
from polyvox.modules.fused_speech import FusedSpeech
from polyvox.modules.space import join
from polyvox.train.front_store import FrontStore, Hearing
from polyvox.train.fusion.frames import FrameSource, Heard, Letters
from polyvox.train.fusion.frozen_text import FrozenText, frozen_text
from polyvox.train.fusion.intents import accuracy, intent_problems, largest_class, readable, recordings
from polyvox.train.fusion.measure import Scores, first_ranks, scores, scores_of, spectrum
from polyvox.train.fusion.report import write_report
from polyvox.train.fusion.results import RESULT, Result, read_result
from polyvox.train.fusion.rows import Pair, PairedSet, read_set, shuffled
from polyvox.train.fusion.sections import Front, FusionRecipe, SpeechSet, Variant
from polyvox.train.fusion.speech_stage import Lesson, learn, vectors_at_widths
from polyvox.train.fusion.students import Student, build_student, calibrate
from polyvox.train.order_file import claim
from polyvox.train.progress import say

LATE = (Variant.LATE, Variant.LETTERS, Variant.SHUFFLED)
_UNSAVED = (Variant.LETTERS, Variant.SHUFFLED)


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that the variants of one set and one front share."""

    recipe: FusionRecipe
    text: FrozenText
    chosen: SpeechSet
    pairs: PairedSet
    front: Front
    opened: SpeechFront
    heard: FrameSource
    problems: Mapping[str, Problem]
    targets: Mapping[str, Vectors]

    def target_rows(self, texts: Sequence[str]) -> Vectors:
        """The frozen vectors of texts, (N, D)."""
        return np.stack([self.targets[text] for text in texts])


def train_fusion(recipe: FusionRecipe, data: Path, out: Path, *, fresh: bool = False) -> Path:
    """Carry out a recipe, or go on where a killed run stopped.

    Args:
        recipe: what to do.
        data: folder with `text` and `speech`.
        out: folder of the run.
        fresh: forget an earlier run in `out`.

    Returns:
        The report, `results.md`.

    Raises:
        PolyvoxError: anything that stops the run; the message says what to do.
    """
    torch.set_num_threads(1)
    if fresh:
        forget(recipe, out)
    said = asdict(recipe.text) | {"dimensions": recipe.speech.dimensions, "seed": recipe.seed}
    claim(out / "text", {"text": said})
    text = frozen_text(recipe, data, out)
    for chosen in recipe.sets:
        pairs = read_set(chosen, data / "speech", recipe.seed)
        say(
            f"{chosen.name}: {len(pairs.train):,} recordings to train on, {pairs.leaked} left out because of "
            f"test texts, {len(pairs.test):,} queries in {len(pairs.pool()):,} texts"
        )
        _text_alone(text, chosen, pairs, recipe, out)
        for front in recipe.fronts:
            _variants(recipe, data, out, text, chosen, pairs, front)
    return write_report(recipe, out)


def forget(recipe: FusionRecipe, out: Path) -> None:
    """Delete what a run wrote, and nothing else."""
    for name in ("text", "frames", *(chosen.name for chosen in recipe.sets)):
        shutil.rmtree(out / name, ignore_errors=True)


def _variants(
    recipe: FusionRecipe,
    data: Path,
    out: Path,
    text: FrozenText,
    chosen: SpeechSet,
    pairs: PairedSet,
    front: Front,
) -> None:
    wanted = chosen.variants or recipe.speech.variants
    folder = out / chosen.name / front.title
    if all((folder / variant / RESULT).is_file() for variant in wanted):
        return
    intents = recipe.intents
    problems = intent_problems(intents, data, recipe.seed) if intents.set == chosen.name else {}
    opened = open_front(front.name, front.layers, front.stride)
    store = FrontStore(out / "frames", opened, Hearing(recipe.speech.max_seconds))
    skipped: set[Path] = set()
    asked = [pair.path for pair in (*pairs.test, *pairs.train)] + recordings(problems)
    store.fill([(path, 0) for path in asked], lambda path, why: _skip(path, why, skipped))
    kept = PairedSet(
        [pair for pair in pairs.train if pair.path not in skipped],
        [pair for pair in pairs.test if pair.path not in skipped],
        pairs.leaked,
    )
    texts = list(dict.fromkeys(pair.text for pair in (*kept.train, *kept.test)))
    targets = dict(zip(texts, text.vectors(texts), strict=True))
    problems = readable(problems, skipped)
    stage = Stage(recipe, text, chosen, kept, front, opened, Heard(store), problems, targets)
    for variant in wanted:
        _variant(stage, variant, folder / variant)


def _skip(path: Path, why: str, skipped: set[Path]) -> None:
    skipped.add(path)
    say(f"skipped {path}: {why}")


def _variant(stage: Stage, variant: Variant, folder: Path) -> None:
    """Train and measure one variant, unless that was done before."""
    recipe, speech = stage.recipe, stage.recipe.speech
    chosen = asdict(replace(stage.chosen, variants=()))
    steps = speech.steps if variant in LATE else speech.head_steps or speech.steps
    how = asdict(replace(speech, variants=(), steps=steps, head_steps=0))
    order = {"speech": how, "set": chosen, "seed": recipe.seed}
    claim(folder, order | {"front": stage.opened.fingerprint, "text": stage.text.encoder.card.fingerprint})
    if read_result(folder) is not None:
        return
    say(f"{stage.chosen.name}, {stage.front.title}: {variant}")
    source, train = stage.heard, stage.pairs.train
    if variant is Variant.LETTERS:
        source = Letters([pair.transcript for pair in train])
    if variant is Variant.SHUFFLED:
        train = shuffled(train, recipe.seed)
    torch.manual_seed(recipe.seed)
    student = build_student(variant, source.width, stage.text.modules, recipe.text, speech)
    calibrate(student, train, source)
    targets = torch.from_numpy(stage.target_rows([pair.text for pair in train]))
    course = learn(student, Lesson(train, source, targets, recipe.seed), speech, steps, folder)
    result = _measured(stage, variant, student, source, steps)
    replace(result, course=course).write(folder)
    if variant not in _UNSAVED:
        _save(stage, student, folder / "model")


def _measured(stage: Stage, variant: Variant, student: Student, source: FrameSource, steps: int) -> Result:
    test, texts = stage.pairs.test, stage.pairs.pool()
    wanted = [pair.text for pair in test]
    pool = stage.target_rows(texts)
    found = vectors_at_widths(student, test, source)
    ranks = {width: first_ranks(own, shortened(pool, width), wanted, texts) for width, own in found.items()}
    widest = stage.recipe.speech.dimensions[0]
    basis = stage.target_rows(list(dict.fromkeys(pair.text for pair in stage.pairs.train)))
    return Result(
        set=stage.chosen.name,
        front="" if variant is Variant.LETTERS else stage.front.title,
        variant=str(variant),
        trained_on=len(stage.pairs.train),
        queries=len(test),
        pool=len(texts),
        steps=steps,
        scores={width: scores_of(own) for width, own in ranks.items()},
        spectrum=spectrum(found[widest], shortened(pool, widest), shortened(basis, widest), wanted, texts),
        ranks={width: own.astype(int).tolist() for width, own in ranks.items()},
        intents={} if variant in _UNSAVED else _intents(stage, student),
    )


def _intents(stage: Stage, student: Student) -> dict[str, float]:
    widest = stage.recipe.speech.dimensions[0]

    def hear(pairs: Sequence[Pair]) -> Vectors:
        return vectors_at_widths(student, pairs, stage.heard)[widest]

    def read(texts: Sequence[str]) -> Vectors:
        return shortened(stage.text.vectors(texts), widest)

    found = {name: accuracy(problem, hear, read) for name, problem in stage.problems.items()}
    return found | {f"{name}, largest class": largest_class(one) for name, one in stage.problems.items()}


def _text_alone(
    text: FrozenText, chosen: SpeechSet, pairs: PairedSet, recipe: FusionRecipe, out: Path
) -> None:
    """The frozen text model on the transcripts of the test recordings, where these are known."""
    folder = out / chosen.name / "text"
    known = [pair for pair in pairs.test if pair.transcript and pair.transcript != pair.text]
    if read_result(folder) is not None or not known:
        return
    pool = pairs.pool()
    queries, documents = text.vectors([pair.transcript for pair in known]), text.vectors(pool)
    wanted = [pair.text for pair in known]
    by_width: dict[int, Scores] = {
        width: scores(shortened(queries, width), shortened(documents, width), wanted, pool)
        for width in recipe.speech.dimensions
    }
    Result(chosen.name, "", "text", 0, len(known), len(pool), 0, by_width).write(folder)


def _save(stage: Stage, student: Student, folder: Path) -> None:
    """Write text model and speech as one sentence-transformers model, whole or not at all."""
    if student.dimension != stage.text.encoder.card.dimension:
        say(f"{folder}: not saved, the heads are narrower than the text model's vectors")
        return
    hears = FusedSpeech(stage.opened, student.eval(), stage.recipe.speech.max_seconds)
    model = join(stage.text.modules, hears, dict(stage.text.encoder.prompts))
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    model.save(str(partial), create_model_card=False)
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)
