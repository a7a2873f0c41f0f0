"""The speech stage: one variant on one set, against the frozen vectors of the texts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from polyvox.encode.protocol import Vectors
from polyvox.modules.fused_speech import padded_frames
from polyvox.train.checkpoint import load_checkpoint, save_checkpoint
from polyvox.train.fusion.frames import FrameSource
from polyvox.train.fusion.rows import Pair
from polyvox.train.fusion.schedule import set_rate
from polyvox.train.fusion.sections import Speech
from polyvox.train.fusion.students import Student
from polyvox.train.losses.contrastive import symmetric_contrastive
from polyvox.train.losses.matryoshka import matryoshka_heads
from polyvox.train.losses.one_way import one_way_contrastive
from polyvox.train.progress import Progress
from polyvox.train.sounds import TrainingError

CHECKPOINT = "checkpoint.safetensors"
_ALIKE = 16
"""So many recordings of similar length go through a student at once; the negatives are those of the batch."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a variant learns from.

    Attributes:
        pairs: to train on.
        source: of their frames.
        targets: of their texts, (N, D) unit rows.
        seed: of the order.
    """

    pairs: Sequence[Pair]
    source: FrameSource
    targets: Tensor
    seed: int


@dataclass(frozen=True, slots=True)
class Course:
    """How the training went.

    Attributes:
        parameters: that were trained.
        loss: mean of the last twenty steps; none where a killed run had all steps behind it.
        step_milliseconds: processor time of a step, the median; none likewise.
    """

    parameters: int
    loss: float | None
    step_milliseconds: float | None


def learn(student: Student, lesson: Lesson, speech: Speech, steps: int, folder: Path) -> Course:
    """Train a student, or go on where a killed run stopped.

    Args:
        student: is changed.
        lesson: what it learns from.
        speech: how.
        steps: how many.
        folder: gets the checkpoint.

    Raises:
        TrainingError: the loss is no number.
    """
    folder.mkdir(parents=True, exist_ok=True)
    trained = [weights for weights in student.parameters() if weights.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=speech.rate, weight_decay=0.01)
    first = load_checkpoint(folder / CHECKPOINT, student, optimizer)
    student.train()
    progress = Progress(folder.name, steps, done=first)
    losses, took = [], []
    for step in range(first, steps):
        began = time.process_time()
        # Dropout of a step depends on the step alone, so that a killed run goes on to the same weights.
        torch.manual_seed(lesson.seed * 1_000_003 + step)
        set_rate(optimizer, speech.rate, step, steps, max(1, round(speech.warmup * steps)))
        losses.append(_step(student, optimizer, lesson, speech, step))
        took.append(time.process_time() - began)
        progress.advance(1, f"loss {np.mean(losses[-20:]):.3f}")
        if (step + 1) % speech.save_every == 0:
            save_checkpoint(folder / CHECKPOINT, student, optimizer, step + 1)
    return Course(
        parameters=sum(weights.numel() for weights in trained),
        loss=float(np.mean(losses[-20:])) if losses else None,
        step_milliseconds=1000 * float(np.median(took)) if took else None,
    )


def _step(
    student: Student, optimizer: torch.optim.Optimizer, lesson: Lesson, speech: Speech, step: int
) -> float:
    places = batch_places(lesson, speech.batch, step)
    places.sort(key=lambda place: lesson.source.length(lesson.pairs[place]))
    parts = []
    for start in range(0, len(places), _ALIKE):
        own = [lesson.source.frames(lesson.pairs[place]) for place in places[start : start + _ALIKE]]
        parts.append(student.at_widths(*padded_frames(own)))
    vectors = {width: torch.cat([part[width] for part in parts]) for width in parts[0]}
    texts = [lesson.pairs[place].text for place in places]
    loss = objective(vectors, lesson.targets[places], texts, speech)
    if not torch.isfinite(loss):
        raise TrainingError(f"the loss is not a number at step {step + 1}; lower [speech] rate")
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(student.parameters(), 1.0)
    optimizer.step()
    return float(loss.item())


def objective(vectors: dict[int, Tensor], targets: Tensor, texts: Sequence[str], speech: Speech) -> Tensor:
    """The mean over widths of InfoNCE against the frozen vectors; equal texts are no negatives.

    Args:
        vectors: (N, width) by width.
        targets: (N, D).
        texts: what the targets are of.
        speech: scale and direction.
    """
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    which = torch.tensor([numbers[text] for text in texts])
    same = which[:, None] == which[None, :]
    contrast = symmetric_contrastive if speech.symmetric else one_way_contrastive

    def at_width(left: Tensor, right: Tensor) -> Tensor:
        return contrast(left, right, scale=speech.scale, same=same)

    return matryoshka_heads(at_width, vectors, targets)


def batch_places(lesson: Lesson, batch: int, step: int) -> list[int]:
    """Which pairs a step learns from: every pair once an epoch, in an order of the seed alone."""
    count = len(lesson.pairs)
    batches = max(1, count // batch)
    epoch, number = divmod(step, batches)
    order = np.random.default_rng([lesson.seed, 2, epoch]).permutation(count)
    places: list[int] = order[number * batch : (number + 1) * batch].tolist()
    return places


def vectors_at_widths(
    student: Student, pairs: Sequence[Pair], source: FrameSource, batch: int = 64
) -> dict[int, Vectors]:
    """Unit vectors of recordings at every width, (N, width) by width."""
    student.eval()
    found: dict[int, Vectors] = {}
    order = sorted(range(len(pairs)), key=lambda place: source.length(pairs[place]))
    with torch.no_grad():
        for start in range(0, len(order), batch):
            places = order[start : start + batch]
            frames, mask = padded_frames([source.frames(pairs[place]) for place in places])
            for width, vectors in student.at_widths(frames, mask).items():
                unit = nn.functional.normalize(vectors.float(), dim=-1).numpy()
                found.setdefault(width, np.zeros((len(pairs), width), np.float32))[places] = unit
    return found
