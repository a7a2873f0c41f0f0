"""How often hidden codes are guessed right, on recordings that were not learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from polyvox.modules.masked_encoder import MaskedEncoder
from polyvox.train.masked.loop import hide
from polyvox.train.masked.quantiser import Quantiser
from polyvox.train.masked.recipe import Training
from polyvox.train.speech_batches import SpeechSource, collate

_BATCH = 32


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Shares of hidden frames, averaged over codebooks.

    Attributes:
        guessed: whose code is the most likely one.
        chance: that always guessing the most frequent code of a codebook would get right.
        loss: cross-entropy in nats.
        frames: hidden frames that were counted.
    """

    guessed: float
    chance: float
    loss: float
    frames: int


@torch.no_grad()
def accuracy(
    encoder: MaskedEncoder,
    quantiser: Quantiser,
    source: SpeechSource,
    places: Sequence[tuple[int, int]],
    training: Training,
) -> Accuracy:
    """Guess hidden frames of held-out recordings; the same stretches are hidden every time."""
    config = encoder.config
    counts = torch.zeros(config.codebooks, config.codes)
    right, loss, total = 0.0, 0.0, 0
    dice = np.random.default_rng([training.seed, 2**32])
    ordered = sorted(places, key=lambda place: source.row(place).frames)
    learning = encoder.training
    encoder.eval()
    for start in range(0, len(ordered), _BATCH):
        batch = collate(source, ordered[start : start + _BATCH])
        hidden = hide(batch, training, dice)
        logits = encoder(batch.features, batch.lengths, hidden)[0][hidden]
        codes = quantiser.codes(batch.features)[hidden]
        right += float((logits.argmax(-1) == codes).float().mean(1).sum())
        loss += float(torch.nn.functional.cross_entropy(logits.flatten(0, 1), codes.flatten())) * len(codes)
        total += len(codes)
        counts.scatter_add_(1, codes.T, torch.ones(codes.T.shape))
    encoder.train(learning)
    return Accuracy(right / total, float(counts.max(1).values.mean()) / total, loss / total, total)
