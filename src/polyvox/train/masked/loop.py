"""Masked prediction, step by step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from polyvox.modules.masked_encoder import STACK, MaskedEncoder
from polyvox.train.checkpoint import load_checkpoint, save_checkpoint
from polyvox.train.masked.masks import hidden_stretches
from polyvox.train.masked.quantiser import Quantiser
from polyvox.train.masked.recipe import Training
from polyvox.train.progress import Progress
from polyvox.train.sounds import SoundsTraining, descend, learning_rate
from polyvox.train.speech_batches import SpeechBatch, SpeechSource, batch_at

CHECKPOINT = "checkpoint.safetensors"
Report = Callable[[int, float], None]


def masked_loss(encoder: MaskedEncoder, quantiser: Quantiser, batch: SpeechBatch, hidden: Tensor) -> Tensor:
    """Mean cross-entropy of the codes of hidden frames, over all codebooks."""
    with torch.autocast("cpu", torch.bfloat16):
        logits, _ = encoder(batch.features, batch.lengths, hidden)
    codes = quantiser.codes(batch.features)
    return F.cross_entropy(logits[hidden].float().flatten(0, 1), codes[hidden].flatten())


def hide(batch: SpeechBatch, training: Training, dice: np.random.Generator) -> Tensor:
    """Hidden frames (B, ceil(T/4)) of a batch."""
    frames = [-(-int(length) // STACK) for length in batch.lengths]
    drawn = hidden_stretches(frames, training.start, training.span, dice)
    return F.pad(drawn, (0, -(-batch.features.shape[1] // STACK) - drawn.shape[1]))


def learn(
    encoder: MaskedEncoder,
    quantiser: Quantiser,
    source: SpeechSource,
    training: Training,
    folder: Path,
    report: Report,
    *,
    stop: int | None = None,
) -> None:
    """Train, going on from the checkpoint in `folder` when there is one.

    Args:
        encoder: learns.
        quantiser: says what there is to guess.
        source: recordings.
        training: the section of the recipe.
        folder: of the checkpoint, which is written whole or not at all.
        report: told the step and the mean loss since the last report, at each checkpoint.
        stop: ends the run early, at a step from which another run can go on.

    Raises:
        TrainingError: the loss is not a number.
    """
    optimizer = torch.optim.AdamW(encoder.parameters(), weight_decay=0.01, betas=(0.9, 0.98))
    begin = load_checkpoint(folder / CHECKPOINT, encoder, optimizer)
    last = training.steps if stop is None else min(stop, training.steps)
    schedule = _schedule(training)
    progress = Progress("masked prediction", training.steps, done=begin, interval=30)
    encoder.train()
    losses: list[float] = []
    for step in range(begin, last):
        batch = batch_at(source, step, training.batch, training.seed, mask=False)
        torch.manual_seed(training.seed * 1_000_003 + step)
        hidden = hide(batch, training, np.random.default_rng([training.seed, step]))
        loss = masked_loss(encoder, quantiser, batch, hidden)
        descend(loss, encoder, optimizer, learning_rate(step, schedule))
        losses.append(loss.item())
        progress.advance(1, f"loss {float(np.mean(losses[-50:])):.3f}")
        if (step + 1) % training.save_every == 0 or step + 1 == last:
            report(step + 1, float(np.mean(losses)))
            save_checkpoint(folder / CHECKPOINT, encoder, optimizer, step + 1)
            losses.clear()


def _schedule(training: Training) -> SoundsTraining:
    return SoundsTraining(
        training.steps, training.batch, training.learning_rate, training.warmup, training.decay, training.seed
    )
