"""Stage one of the speech tower: hear sounds, by CTC over one IPA inventory for all languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from polyvox.errors import PolyvoxError
from polyvox.modules.sounds import Sounds
from polyvox.train.checkpoint import load_checkpoint, save_checkpoint
from polyvox.train.feature_store import Stored
from polyvox.train.progress import Progress
from polyvox.train.sections import in_range
from polyvox.train.speech_batches import SpeechBatch, SpeechSource, Warp, batch_at, collate

BLANK = 0


@dataclass(frozen=True, slots=True)
class SoundsTraining:
    """How stage one is trained: the section [speech.sounds] of a recipe.

    Attributes:
        steps: optimizer steps.
        batch: recordings a step.
        learning_rate: highest rate.
        warmup: steps in which the rate rises.
        decay: last steps, in which it falls.
        seed: of weights, draws and distortions.
        intermediate: share of the loss that is read from the middle block by the same head (InterCTC, Lee
            and Watanabe 2021, arXiv 2102.03216).
        tempo: how far the features of a batch are stretched in time, as a share; see `Warp`.
        mels: how far those of a recording are moved along the mels.
        shares: relative share of each source.
    """

    steps: int = 2000
    batch: int = 64
    learning_rate: float = 1.2e-3
    warmup: int = 200
    decay: int = 600
    seed: int = 1
    intermediate: float = 0.3
    tempo: float = 0.12
    mels: float = 0.06
    shares: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("intermediate", "tempo", "mels"):
            in_range(name, getattr(self, name), 0, 0.9)


class TrainingError(PolyvoxError):
    """Training cannot go on; the message says why and what to try."""


def inventory(transcriptions: Iterable[Sequence[str]], least: int = 40) -> list[str]:
    """The sounds that occur at least `least` times, most frequent first; number 0 is the blank, empty.

    >>> inventory([["a", "b"], ["a"]], least=2)
    ['', 'a']
    """
    counted = Counter(sound for transcription in transcriptions for sound in transcription)
    frequent = sorted((-count, sound) for sound, count in counted.items() if count >= least)
    return ["", *(sound for _, sound in frequent)]


def learning_rate(step: int, training: SoundsTraining) -> float:
    """Linear warm-up, constant, linear decay over the last `decay` steps."""
    rising = min(1.0, (step + 1) / training.warmup)
    falling = min(1.0, (training.steps - step) / training.decay)
    return training.learning_rate * min(rising, falling)


def ctc_loss(logits: Tensor, mask: Tensor, rows: Sequence[Stored], numbers: Mapping[str, int]) -> Tensor:
    """Mean CTC loss of the labelled recordings of a batch, each divided by its number of sounds."""
    labels = [[numbers[sound] for sound in row.example.phones if sound in numbers] for row in rows]
    labelled = [position for position, label in enumerate(labels) if label]
    if not labelled:
        return logits.sum() * 0
    chosen = torch.tensor(labelled, device=logits.device)
    targets = torch.tensor([sound for position in labelled for sound in labels[position]])
    sizes = torch.tensor([len(labels[position]) for position in labelled])
    odds = logits[chosen].float().log_softmax(-1).transpose(0, 1)
    heard = mask[chosen].sum(1)
    return F.ctc_loss(odds, targets.to(odds.device), heard, sizes, blank=BLANK, zero_infinity=True)


def sounds_loss(model: Sounds, batch: SpeechBatch, numbers: Mapping[str, int], intermediate: float) -> Tensor:
    """CTC of the last block, with the share `intermediate` of CTC of the middle one, in bfloat16.

    One block has no middle. A recording that warping made too short for its sounds counts nothing.
    """
    device = model.head.weight.device
    with torch.autocast(device.type, torch.bfloat16):
        layers, mask = model.layers(batch.features.to(device), batch.lengths.to(device))
        last = model.head(layers[-1])
        middle = model.head(model.norm(layers[model.middle]))
    late = ctc_loss(last, mask, batch.rows, numbers)
    if not intermediate or len(model.blocks) == 1:
        return late
    return (1 - intermediate) * late + intermediate * ctc_loss(middle, mask, batch.rows, numbers)


def train_sounds(
    model: Sounds,
    source: SpeechSource,
    sounds: Sequence[str],
    training: SoundsTraining,
    folder: Path,
    *,
    name: str = "sounds",
    stop: int | None = None,
) -> None:
    """Train by CTC, going on from the checkpoint `name` in `folder` when it is there.

    `stop` ends the run early, at a step from which another run can go on.

    Raises:
        TrainingError: the loss is not a number.
    """
    numbers = {sound: number for number, sound in enumerate(sounds) if sound}
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.01, betas=(0.9, 0.98))
    path = folder / f"{name}.safetensors"
    start = load_checkpoint(path, model, optimizer)
    last = training.steps if stop is None else stop
    folder.mkdir(parents=True, exist_ok=True)
    progress = Progress(name, training.steps, done=start, interval=30)
    recent = 0.0
    for step in range(start, last):
        batch = batch_at(
            source, step, training.batch, training.seed, warp=Warp(training.tempo, training.mels)
        )
        torch.manual_seed(training.seed * 1_000_003 + step)
        loss = sounds_loss(model, batch, numbers, training.intermediate)
        descend(loss, model, optimizer, learning_rate(step, training))
        recent += 0.02 * (loss.item() - recent) if recent else loss.item()
        progress.advance(1, f"loss {recent:.3f}")
        if (step + 1) % 200 == 0 or step + 1 == last:
            save_checkpoint(path, model, optimizer, step + 1)


def descend(loss: Tensor, model: torch.nn.Module, optimizer: torch.optim.Optimizer, rate: float) -> None:
    """One optimizer step at a learning rate, gradients clipped to norm 5.

    A parameter group with an entry `share` takes that many times the rate.

    Raises:
        TrainingError: the loss is not a number.
    """
    if not torch.isfinite(loss):
        raise TrainingError(
            f"the loss became {loss.item()}; lower learning_rate in the recipe and start again: the run goes "
            "on from its last checkpoint"
        )
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("share", 1.0)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimizer.step()


@torch.no_grad()
def error_rates(
    model: Sounds, source: SpeechSource, places: Sequence[tuple[int, int]], sounds: Sequence[str]
) -> dict[str, float]:
    """Phone error rate of greedy decoding by source: edit distance over reference length."""
    known = set(sounds)
    wrong: Counter[str] = Counter()
    total: Counter[str] = Counter()
    device = model.head.weight.device
    model.eval()
    ordered = sorted(places, key=lambda place: source.row(place).frames)
    for start in range(0, len(ordered), 64):
        batch = collate(source, ordered[start : start + 64])
        logits, mask = model(batch.features.to(device), batch.lengths.to(device))
        for row, best, length in zip(batch.rows, logits.argmax(-1), mask.sum(1).tolist(), strict=True):
            merged = torch.unique_consecutive(best[:length]).tolist()
            heard = [sounds[number] for number in merged if number != BLANK]
            said = [sound for sound in row.example.phones if sound in known]
            wrong[row.example.source] += edit_distance(heard, said)
            total[row.example.source] += len(said)
    model.train()
    return {name: wrong[name] / total[name] for name in total if total[name]}


def edit_distance(left: Sequence[str], right: Sequence[str]) -> int:
    """Levenshtein distance.

    >>> edit_distance("kitten", "sitting")
    3
    """
    row = list(range(len(right) + 1))
    for number, one in enumerate(left, start=1):
        before, row[0] = row[0], number
        for place, other in enumerate(right, start=1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (one != other))
    return row[-1]
