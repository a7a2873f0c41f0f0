"""Stage two of the speech tower: sounds to the frozen text space, from text alone, then with audio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from polyvox.modules.speech_tower import SpeechTower
from polyvox.train.checkpoint import load_checkpoint, save_checkpoint
from polyvox.train.misheard import Mishearing, mishear
from polyvox.train.progress import Progress
from polyvox.train.said_texts import SaidText
from polyvox.train.sounds import ctc_loss, descend
from polyvox.train.speech_batches import SpeechSource, batch_at

Vectors = NDArray[np.float16]
_POOL = 16
"""Batches drawn together and sorted by length before they are cut."""
_SHORT_FIRST = 1.6
"""A text at share u of its language's texts, shortest first, is drawn as u to this power is."""


@dataclass(frozen=True, slots=True)
class MeaningTraining:
    """How stage two is trained: the section [speech.meaning] of a recipe.

    Attributes:
        steps: steps on text alone.
        batch: texts a step.
        joint_steps: steps with audio and text together, after those.
        joint_batch: recordings a joint step; the texts of a joint step are as many again, times two.
        scale: inverse temperature of the contrastive loss.
        widths: Matryoshka prefixes that the loss is taken at.
        ctc_weight: weight of the CTC loss in the joint steps.
    """

    steps: int = 2000
    batch: int = 384
    learning_rate: float = 1e-3
    warmup: int = 100
    decay_share: float = 0.4
    joint_steps: int = 600
    joint_batch: int = 64
    joint_learning_rate: float = 3e-4
    scale: float = 20.0
    widths: tuple[int, ...] = (256, 64)
    ctc_weight: float = 0.3
    seed: int = 2
    shares: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """Texts with their vectors, (N, dimension): their own and their English, a zero row where unknown.

    `starts` are the places where each language begins, and `shares` how often each is drawn; inside a
    language texts are sorted by their number of sounds.
    """

    texts: Sequence[SaidText]
    own: Vectors
    english: Vectors
    starts: NDArray[np.int64]
    shares: NDArray[np.float64]

    def batch_at(self, step: int, size: int, seed: int) -> NDArray[np.int64]:
        """The texts of a training step, of similar length, the same for the same seed and step.

        A language is drawn by its share, then one of its texts, short ones more often.
        """
        pool, position = divmod(step, _POOL)
        dice = np.random.default_rng([seed, pool])
        languages = dice.choice(len(self.shares), size * _POOL, p=self.shares)
        low, high = self.starts[languages], self.starts[languages + 1]
        drawn = low + (dice.random(len(low)) ** _SHORT_FIRST * (high - low)).astype(np.int64)
        lengths = [len(self.texts[number].sounds) for number in drawn]
        batches = drawn[np.argsort(lengths, kind="stable")].reshape(_POOL, size)
        chosen: NDArray[np.int64] = batches[dice.permutation(_POOL)[position]]
        return chosen


def alignment_loss(vectors: Tensor, targets: Tensor, scale: float, widths: Sequence[int]) -> Tensor:
    """Pull vectors to their targets, apart from the others' targets, at several widths.

    Mean over widths d of symmetric InfoNCE on cosines (van den Oord et al. 2018, arXiv 1807.03748) between
    `vectors[:, :d]` and `targets[:, :d]`, plus 1 - cosine at full width. Rows whose target is zero are left
    out; equal targets are not each other's negatives.

    Args:
        vectors: (B, D) unit rows.
        targets: (B, D) unit rows, or zero where unknown.
        scale: inverse temperature.
        widths: prefixes of the vectors.
    """
    known = targets.abs().sum(1) > 0
    vectors, targets = vectors[known], targets[known]
    if not len(vectors):
        return vectors.sum() * 0
    same = (targets @ targets.T) > 0.999
    same.fill_diagonal_(False)
    answer = torch.arange(len(vectors))
    losses = []
    for width in widths:
        left, right = F.normalize(vectors[:, :width], dim=-1), F.normalize(targets[:, :width], dim=-1)
        scores = (scale * left @ right.T).masked_fill(same, -torch.inf)
        losses.append((F.cross_entropy(scores, answer) + F.cross_entropy(scores.T, answer)) / 2)
    pulled = 1 - (vectors * targets).sum(1).mean()
    return torch.stack(losses).mean() + pulled


def text_loss(
    tower: SpeechTower,
    said: Said,
    drawn: NDArray[np.int64],
    confusion: NDArray[np.float32],
    training: MeaningTraining,
    dice: np.random.Generator,
) -> Tensor:
    """The alignment loss of texts whose sounds are misheard at random."""
    heard, mask = mishear([said.texts[number].sounds for number in drawn], confusion, Mishearing(), dice)
    with torch.autocast("cpu", torch.bfloat16):
        vectors = tower.meaning(torch.from_numpy(heard), torch.from_numpy(mask))
    return _both_targets(vectors, said.own[drawn], said.english[drawn], training)


def _both_targets(vectors: Tensor, own: Vectors, english: Vectors, training: MeaningTraining) -> Tensor:
    terms = [
        alignment_loss(vectors, torch.from_numpy(target.astype(np.float32)), training.scale, training.widths)
        for target in (own, english)
    ]
    return 0.6 * terms[0] + 0.4 * terms[1]


def train_on_text(
    tower: SpeechTower, said: Said, confusion: NDArray[np.float32], training: MeaningTraining, folder: Path
) -> None:
    """Train the upper half on text alone, going on from `folder/meaning.safetensors`.

    Raises:
        TrainingError: the loss is not a number.
    """
    optimizer = torch.optim.AdamW(tower.meaning.parameters(), weight_decay=0.01, betas=(0.9, 0.98))
    path = folder / "meaning.safetensors"
    start = load_checkpoint(path, tower.meaning, optimizer)
    progress = Progress("meaning", training.steps, done=start, interval=30)
    recent = 0.0
    for step in range(start, training.steps):
        torch.manual_seed(training.seed * 1_000_003 + step)
        dice = np.random.default_rng([training.seed, step])
        drawn = said.batch_at(step, training.batch, training.seed)
        loss = text_loss(tower, said, drawn, confusion, training, dice)
        descend(loss, tower.meaning, optimizer, _rate(step, training.steps, training.learning_rate, training))
        recent += 0.02 * (loss.item() - recent) if recent else loss.item()
        progress.advance(1, f"loss {recent:.3f}")
        if (step + 1) % 200 == 0 or step + 1 == training.steps:
            save_checkpoint(path, tower.meaning, optimizer, step + 1)


def _rate(step: int, steps: int, highest: float, training: MeaningTraining) -> float:
    rising = min(1.0, (step + 1) / training.warmup)
    falling = min(1.0, (steps - step) / max(1.0, steps * training.decay_share))
    return highest * min(rising, falling)


def train_jointly(
    tower: SpeechTower,
    source: SpeechSource,
    targets: Mapping[str, NDArray[np.float16]],
    said: Said,
    confusion: NDArray[np.float32],
    training: MeaningTraining,
    folder: Path,
) -> None:
    """Train both halves on recordings and texts together, going on from `folder/joint.safetensors`.

    `targets` has the vector of every text and English that a recording carries.

    Raises:
        TrainingError: the loss is not a number.
    """
    numbers = {sound: number for number, sound in enumerate(tower.inventory) if sound}
    optimizer = torch.optim.AdamW(tower.parameters(), weight_decay=0.01, betas=(0.9, 0.98))
    path = folder / "joint.safetensors"
    start = load_checkpoint(path, tower, optimizer)
    progress = Progress("joint", training.joint_steps, done=start, interval=30)
    recent = 0.0
    nothing = np.zeros(said.own.shape[1], np.float16)
    for step in range(start, training.joint_steps):
        torch.manual_seed(training.seed * 1_000_003 + step)
        batch = batch_at(source, step, training.joint_batch, training.seed + 100)
        with torch.autocast("cpu", torch.bfloat16):
            logits, mask = tower.sounds(batch.features, batch.lengths)
            vectors = tower.understand(logits, mask)
        own = np.stack([targets.get(row.example.text, nothing) for row in batch.rows])
        english = np.stack([targets.get(row.example.english, nothing) for row in batch.rows])
        dice = np.random.default_rng([training.seed, 7, step])
        drawn = said.batch_at(step, 2 * training.joint_batch, training.seed + 200)
        loss = (
            _both_targets(vectors, own, english, training)
            + training.ctc_weight * ctc_loss(logits, mask, batch.rows, numbers)
            + text_loss(tower, said, drawn, confusion, training, dice)
        )
        rate = _rate(step, training.joint_steps, training.joint_learning_rate, training)
        descend(loss, tower, optimizer, rate)
        recent += 0.02 * (loss.item() - recent) if recent else loss.item()
        progress.advance(1, f"loss {recent:.3f}")
        if (step + 1) % 100 == 0 or step + 1 == training.joint_steps:
            save_checkpoint(path, tower, optimizer, step + 1)


@torch.no_grad()
def confusions(
    tower: SpeechTower, source: SpeechSource, steps: int, floor: float = 0.03
) -> NDArray[np.float32]:
    """What the lower half hears, for each sound that it finds most likely: (V, V), rows sum to 1.

    Its own doubt, averaged over the merged frames of `steps` batches; `floor` is spread evenly so that no
    error is impossible. The blank has no part in it.
    """
    from polyvox.modules.meaning import merge_sounds

    kinds = len(tower.inventory)
    heard = torch.full((kinds, kinds), 1e-6)
    for step in range(steps):
        batch = batch_at(source, step, 64, 99)
        logits, mask = tower.sounds(batch.features, batch.lengths)
        merged, kept = merge_sounds(torch.softmax(logits.float(), -1), mask)
        rows = merged[kept]
        rows[:, 0] = 0
        heard.index_add_(0, rows.argmax(-1), rows)
    heard[:, 0] = 0
    heard /= heard.sum(1, keepdim=True)
    return ((1 - floor) * heard + floor / (kinds - 1)).numpy().astype(np.float32)
