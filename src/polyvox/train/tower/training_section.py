"""The sections of a recipe that say how it is trained: [losses] and [training]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from polyvox.errors import PolyvoxError
from polyvox.train.sections import in_range


class Labels(StrEnum):
    """What the auxiliary CTC loss spells: nothing, the transcript's letters, or espeak-ng's IPA of it."""

    NONE = "none"
    LETTERS = "letters"
    IPA = "ipa"


class Precision(StrEnum):
    """Of the forward pass; weights stay float32."""

    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"


class Schedule(StrEnum):
    """How the learning rate falls after its warm-up."""

    LINEAR = "linear"
    COSINE = "cosine"
    CONSTANT = "constant_with_warmup"


@dataclass(frozen=True, slots=True)
class Losses:
    """The section [losses]: a weight for each, 0 for none.

    Attributes:
        contrastive: symmetric InfoNCE against the teacher's vectors; equal texts are not negatives.
        cosine: 1 - cosine to the teacher's vector.
        mse: sentence-transformers' MSELoss to the teacher's vector.
        ranking: its MultipleNegativesRankingLoss.
        cached_ranking: its CachedMultipleNegativesRankingLoss: a large batch in small memory. Stands alone.
        orthogonal: its GlobalOrthogonalRegularizationLoss.
        ctc: CTC over `labels`.
        labels: `none`, `letters` or `ipa`.
        widths: Matryoshka prefixes of `contrastive` and `ranking`; empty for the full width only.
        scale: inverse temperature.
        mini_batch: recordings that `cached_ranking` holds in memory.
        targets: weight of each text side, `transcript` and `translation`.
    """

    contrastive: float = 1.0
    cosine: float = 0.0
    mse: float = 0.0
    ranking: float = 0.0
    cached_ranking: float = 0.0
    orthogonal: float = 0.0
    ctc: float = 0.0
    labels: Labels = Labels.NONE
    widths: tuple[int, ...] = ()
    scale: float = 20.0
    mini_batch: int = 16
    targets: Mapping[str, float] = field(default_factory=lambda: {"transcript": 1.0})

    def __post_init__(self) -> None:
        weights = self.weights()
        for name, weight in weights.items():
            in_range(f"[losses] {name}", weight, 0)
        if not any(weights.values()):
            raise PolyvoxError("[losses]: every weight is 0; nothing would be learned")
        if self.cached_ranking and sum(map(bool, weights.values())) > 1:
            raise PolyvoxError("[losses] cached_ranking: stands alone; set the other weights to 0")
        if bool(self.ctc) != (self.labels is not Labels.NONE):
            raise PolyvoxError('[losses] ctc and labels go together: give a weight and "letters" or "ipa"')
        in_range("[losses] scale", self.scale, 1e-3)
        in_range("[losses] mini_batch", self.mini_batch, 1)
        if set(self.targets) - set(TARGETS) or not any(self.targets.values()):
            raise PolyvoxError(f"[losses] targets: weights for {' and '.join(TARGETS)}, one above 0")

    def weights(self) -> dict[str, float]:
        """The weight of each loss by name."""
        names = ("contrastive", "cosine", "mse", "ranking", "cached_ranking", "orthogonal", "ctc")
        return {name: getattr(self, name) for name in names}

    def sides(self) -> tuple[str, ...]:
        """The text sides that count, the heaviest first."""
        counted = [name for name in TARGETS if self.targets.get(name, 0) > 0]
        return tuple(sorted(counted, key=lambda name: -self.targets[name]))


TARGETS = ("transcript", "translation")


@dataclass(frozen=True, slots=True)
class Training:
    """The section [training].

    Attributes:
        steps: optimizer steps; or give `epochs`.
        epochs: passes over the rows, where `steps` is 0.
        batch: recordings in one forward pass of one process.
        accumulate: forward passes a step; negatives come from one of them only.
        learning_rate: the highest.
        warmup: steps until it is reached.
        schedule: how it falls.
        weight_decay: of AdamW.
        clip: largest norm of the gradient.
        precision: `fp32`, `bf16` or `fp16`.
        seed: of every random draw.
        evaluate_every: steps between evaluations.
        save_every: steps between checkpoints; a multiple of `evaluate_every`.
        keep: checkpoints on disk besides the best.
        log_every: steps between lines of metrics.jsonl.
        pool: most recordings that an evaluation asks with while training; the test takes all.
        best: the evaluation figure that chooses the best checkpoint.
        workers: processes that read audio; 0 reads in the training process.
        report_to: trackers, such as "tensorboard" or "wandb".
    """

    steps: int = 0
    epochs: float = 0.0
    batch: int = 32
    accumulate: int = 1
    learning_rate: float = 1e-3
    warmup: int = 100
    schedule: Schedule = Schedule.LINEAR
    weight_decay: float = 0.01
    clip: float = 5.0
    precision: Precision = Precision.FP32
    seed: int = 0
    evaluate_every: int = 200
    save_every: int = 200
    keep: int = 2
    log_every: int = 10
    pool: int = 1000
    best: str = "mrr"
    workers: int = 0
    report_to: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.steps > 0) == (self.epochs > 0):
            raise PolyvoxError("[training]: give either steps or epochs")
        for name in ("batch", "accumulate", "evaluate_every", "save_every", "log_every"):
            in_range(f"[training] {name}", getattr(self, name), 1)
        for name in ("steps", "epochs", "warmup", "weight_decay", "workers"):
            in_range(f"[training] {name}", getattr(self, name), 0)
        in_range("[training] batch", self.batch, 2)
        in_range("[training] keep", self.keep, 2)
        in_range("[training] pool", self.pool, 2)
        in_range("[training] learning_rate", self.learning_rate, 1e-9, 1)
        in_range("[training] clip", self.clip, 1e-6)
        if self.save_every % self.evaluate_every:
            raise PolyvoxError("[training] save_every: must be a multiple of evaluate_every")
        if self.best not in BEST:
            raise PolyvoxError(f"[training] best: {self.best!r} is not one of {', '.join(BEST)}")


BEST = ("mrr", "recall@1", "recall@5", "recall@10")
