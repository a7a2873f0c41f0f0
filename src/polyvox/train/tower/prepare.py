"""Everything that training needs, built from a recipe and its data."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from polyvox.errors import PolyvoxError
from polyvox.modules.fused_speech import FusedSpeech
from polyvox.modules.speech import Speech
from polyvox.train.front_store import FrontStore, Hearing
from polyvox.train.tower.labels import Speller
from polyvox.train.tower.listening import FromAudio, FromFrames, Listener
from polyvox.train.tower.model_section import Student
from polyvox.train.tower.recipe import Recipe
from polyvox.train.tower.rows import Row, Rows, load_rows
from polyvox.train.tower.shuffled import with_shuffled_texts
from polyvox.train.tower.stream import scan
from polyvox.train.tower.student import build_student
from polyvox.train.tower.subset import subset
from polyvox.train.tower.teacher import Teacher
from polyvox.train.tower.trainer import processes


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a run is made of; `store` holds the frames of a frozen front, where there is one."""

    recipe: Recipe
    data: Path
    rows: Rows
    teacher: Teacher
    speller: Speller
    student: Speech | FusedSpeech
    steps: int
    store: FrontStore | None = None

    @property
    def copies(self) -> int:
        """How many copies of a training recording the front hears."""
        return self.recipe.data.copies if self.recipe.data.augment else 1

    def need_a_batch(self) -> None:
        """Refuse to train on fewer recordings than one batch has.

        Raises:
            PolyvoxError: there are fewer.
        """
        batch = self.recipe.training.batch
        if self.rows.size < batch:
            raise PolyvoxError(
                f"[training] batch: {batch} recordings a batch, but there are only {self.rows.size} to train "
                f"on; lower it, to {max(2, self.rows.size // 4)} perhaps"
            )

    def listener(self) -> Listener:
        """What reads the recordings."""
        data, seed = self.recipe.data, self.recipe.training.seed
        if self.store is None:
            return FromAudio(data, self.recipe.model.max_seconds, seed)
        return FromFrames(self.store, self.copies, mask=data.mask, seed=seed)

    def hear(self, report: Callable[[Path, str], None]) -> None:
        """Let the front hear every recording that it has not heard; nothing to do without one."""
        if self.store is not None:
            self.store.fill(self.recordings(), report)

    def recordings(self) -> list[tuple[Path, int]]:
        """What a front has to hear: recordings with the number of the copy; held-out ones are clean."""
        held = [(row.path, 0) for row in (*self.rows.development, *self.rows.test)]
        return held + [(row.path, copy) for row in self.rows.train for copy in range(self.copies)]


def prepare(recipe: Recipe, data: Path, frames: Path, *, control: bool = False) -> Prepared:
    """Read the data, open the teacher, build the student.

    Args:
        recipe: what to do.
        data: folder that the recipe's paths are relative to.
        frames: folder for what a frozen front hears.
        control: shuffle the texts among the recordings.

    Raises:
        PolyvoxError: something is missing or wrong.
    """
    rows = _rows(recipe, data, control=control)
    teacher = Teacher(recipe.model.teacher)
    if any(width > teacher.dimension for width in recipe.losses.widths):
        raise PolyvoxError(
            f"[losses] widths: {list(recipe.losses.widths)} exceed the teacher's {teacher.dimension} "
            f"dimensions"
        )
    speller = Speller.learn(recipe.losses.labels, rows.train)
    student = build_student(recipe.model, speller.inventory, teacher.dimension, recipe.training.seed)
    steps = _steps(recipe, rows.size)
    if isinstance(student, FusedSpeech):
        hearing = Hearing(recipe.model.max_seconds, recipe.training.seed)
        store = FrontStore(frames, student.front, hearing)
        return Prepared(recipe, data, rows, teacher, speller, student, steps, store)
    if not recipe.losses.ctc and recipe.model.student is Student.DIRECT:
        # Distributed training waits for the gradient of every parameter that wants one.
        student.tower.sounds.head.requires_grad_(False)
    speller = Speller(recipe.losses.labels, student.tower.inventory)
    return Prepared(recipe, data, rows, teacher, speller, student, steps)


def _rows(recipe: Recipe, data: Path, *, control: bool) -> Rows:
    streamed = recipe.data.sources[0].stream
    if streamed and control:
        raise PolyvoxError("--control shuffles texts among all recordings, which a stream does not hold")
    if streamed and recipe.model.student is Student.ATTENTION:
        raise PolyvoxError("[data] stream: a frozen front keeps what it hears of all rows; leave stream out")
    if streamed:
        return scan(recipe.data, data, recipe.losses.sides())
    rows = load_rows(recipe.data, data, recipe.losses.sides())
    if recipe.data.hours or recipe.data.speakers:
        rows = _part(rows, recipe)
    return with_shuffled_texts(rows, recipe.training.seed) if control else rows


def _part(rows: Rows, recipe: Recipe) -> Rows:
    train: list[Row] = subset(rows.train, recipe.data)
    rows.counts.languages = Counter(row.language for row in train)
    return replace(rows, train=train)


def _steps(recipe: Recipe, rows: int) -> int:
    training = recipe.training
    per_step = training.batch * training.accumulate * processes()
    return training.steps or math.ceil(training.epochs * rows / per_step)
