"""Stage two of the speech tower: find words in misheard sounds, from text alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from polyvox.modules.sounds import Sounds
from polyvox.modules.word_spotter import PronunciationKeys, WordSpotter
from polyvox.modules.word_tower import WordTower
from polyvox.train.checkpoint import load_checkpoint, save_checkpoint
from polyvox.train.lexicon import KnownWord, Span
from polyvox.train.misheard import Mishearing, mishear
from polyvox.train.progress import Progress
from polyvox.train.sounds import descend
from polyvox.train.speech_batches import SpeechSource, batch_at


@dataclass(frozen=True, slots=True)
class SpotterTraining:
    """How stage two is trained: the section [speech.spotting] of a recipe.

    Attributes:
        steps: optimizer steps.
        batch: spans a step.
        negatives: pronunciations drawn at random that every word is told apart from, beside the batch's own.
        single_share: share of spans that are one word of the lexicon; the others come from running text.
        key_rate: learning rate of the keys, relative to that of the rest.
        shares: relative share of each language.
    """

    steps: int = 2200
    batch: int = 112
    negatives: int = 2500
    single_share: float = 0.5
    learning_rate: float = 1.2e-3
    key_rate: float = 3.0
    warmup: int = 100
    decay_share: float = 0.4
    seed: int = 7
    shares: Mapping[str, float] = field(default_factory=dict)


class Spotting(nn.Module):
    """The spotter with its keys and the inverse temperature between them, which is learned."""

    def __init__(self, spotter: WordSpotter, keys: PronunciationKeys) -> None:
        super().__init__()
        self.spotter = spotter
        self.keys = keys
        device = keys.features.weight.device
        self.log_scale = nn.Parameter(torch.tensor(math.log(14.0), device=device))


class SpokenText:
    """Words and spans to draw from, by language.

    Args:
        words: of the lexicon.
        spans: words of running text, by language.
        shares: relative share of each language; one without words is left out.
    """

    def __init__(
        self, words: Sequence[KnownWord], spans: Mapping[str, Sequence[Span]], shares: Mapping[str, float]
    ) -> None:
        self._single: dict[str, list[tuple[int, ...]]] = {}
        for word in words:
            self._single.setdefault(word.language, []).append(word.sounds)
        self._languages = [language for language in shares if language in self._single]
        weights = np.array([shares[language] for language in self._languages], float)
        self._weights = weights / weights.sum()
        self._spans = spans
        self._all = sorted({word.sounds for word in words})

    def draw(self, size: int, single_share: float, dice: np.random.Generator) -> list[Span]:
        """Spans: a language by its share, then a single word or a part of a span."""
        return [
            self._one(self._languages[number], single_share, dice)
            for number in dice.choice(len(self._languages), size, p=self._weights)
        ]

    def _one(self, language: str, single_share: float, dice: np.random.Generator) -> Span:
        spans = self._spans.get(language, ())
        if dice.random() < single_share or not spans:
            single = self._single[language]
            return (single[int(dice.integers(len(single)))],)
        span = spans[int(dice.integers(len(spans)))]
        if dice.random() < 0.5:
            length = int(dice.integers(1, len(span) + 1))
            begin = int(dice.integers(len(span) - length + 1))
            return span[begin : begin + length]
        return span

    def negatives(self, count: int, dice: np.random.Generator) -> list[tuple[int, ...]]:
        """Pronunciations drawn from all languages alike."""
        return [self._all[number] for number in dice.integers(len(self._all), size=count)]


def spotting_loss(
    model: Spotting,
    spans: Sequence[Span],
    negatives: Sequence[tuple[int, ...]],
    confusion: NDArray[np.float32],
    dice: np.random.Generator,
) -> Tensor:
    """Where words end, and which word ended.

    Binary cross-entropy of the ends over all sounds, plus cross-entropy of the right key among the keys of
    the batch and of the negatives, over the sounds that end a word.
    """
    heard = mishear(spans, confusion, Mishearing(), dice)
    choices = list(dict.fromkeys([word for span in spans for word in span] + list(negatives)))
    number = {word: place for place, word in enumerate(choices)}
    device = model.log_scale.device
    mask = torch.from_numpy(heard.mask).to(device)
    with torch.autocast(device.type, torch.bfloat16):
        queries, ends = model.spotter(torch.from_numpy(heard.sounds).to(device), mask)
    is_end = heard.ends >= 0
    ending = torch.from_numpy(is_end).to(device)
    row, place = np.nonzero(is_end)
    right = [
        number[spans[int(one)][int(word)]] for one, word in zip(row, heard.ends[row, place], strict=True)
    ]
    where_loss = F.binary_cross_entropy_with_logits(ends[mask], ending.float()[mask])
    scores = model.log_scale.exp() * queries[ending] @ model.keys(choices).T
    return where_loss + F.cross_entropy(scores, torch.tensor(right, device=device))


def train_spotter(
    tower: WordTower,
    text: SpokenText,
    confusion: NDArray[np.float32],
    training: SpotterTraining,
    folder: Path,
) -> None:
    """Train the upper half and its keys, going on from `folder/spotter.safetensors`.

    Raises:
        TrainingError: the loss is not a number.
    """
    model = Spotting(tower.spotter, tower.keys).train()
    slow = [*tower.spotter.parameters(), model.log_scale]
    optimizer = torch.optim.AdamW(
        [{"params": slow, "share": 1.0}, {"params": tower.keys.parameters(), "share": training.key_rate}],
        weight_decay=0.01,
        betas=(0.9, 0.98),
    )
    path = folder / "spotter.safetensors"
    start = load_checkpoint(path, model, optimizer)
    progress = Progress("words", training.steps, done=start, interval=30)
    recent = 0.0
    for step in range(start, training.steps):
        torch.manual_seed(training.seed * 1_000_003 + step)
        dice = np.random.default_rng([training.seed, step])
        spans = text.draw(training.batch, training.single_share, dice)
        loss = spotting_loss(model, spans, text.negatives(training.negatives, dice), confusion, dice)
        descend(loss, model, optimizer, _rate(step, training))
        recent += 0.02 * (loss.item() - recent) if recent else loss.item()
        progress.advance(1, f"loss {recent:.3f}")
        if (step + 1) % 200 == 0 or step + 1 == training.steps:
            save_checkpoint(path, model, optimizer, step + 1)


def _rate(step: int, training: SpotterTraining) -> float:
    rising = min(1.0, (step + 1) / training.warmup)
    falling = min(1.0, (training.steps - step) / max(1.0, training.steps * training.decay_share))
    return training.learning_rate * min(rising, falling)


@torch.no_grad()
def confusions(sounds: Sounds, source: SpeechSource, steps: int, floor: float = 0.03) -> NDArray[np.float32]:
    """What a network for sounds hears, for each sound that it finds most likely: (V, V), rows sum to 1.

    Its own doubt, averaged over the merged frames of `steps` batches; `floor` is spread evenly so that no
    error is impossible. The blank has no part in it.
    """
    from polyvox.modules.meaning import merge_sounds

    kinds = sounds.config.sounds
    device = sounds.head.weight.device
    heard = torch.full((kinds, kinds), 1e-6, device=device)
    for step in range(steps):
        batch = batch_at(source, step, 64, 99)
        logits, mask = sounds(batch.features.to(device), batch.lengths.to(device))
        merged, kept, _ = merge_sounds(torch.softmax(logits.float(), -1), mask)
        rows = merged[kept]
        rows[:, 0] = 0
        heard.index_add_(0, rows.argmax(-1), rows)
    heard[:, 0] = 0
    heard /= heard.sum(1, keepdim=True)
    return ((1 - floor) * heard + floor / (kinds - 1)).cpu().numpy().astype(np.float32)
