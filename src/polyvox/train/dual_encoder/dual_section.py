"""The section [dual] and its variants: how the one tower is trained."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from polyvox.errors import PolyvoxError
from polyvox.train.sections import in_range


class Start(StrEnum):
    """The weights before training: those of the language model, or random ones in the same shape."""

    LANGUAGE_MODEL = "language-model"
    RANDOM = "random"


class Pool(StrEnum):
    """How a vector is made of states: their mean, or the last one."""

    MEAN = "mean"
    LAST = "lasttoken"


@dataclass(frozen=True, slots=True)
class Dual:
    """Contrastive training of one tower on pairs of speech and text, and of text and text.

    Attributes:
        start: the first weights.
        pooling: from states to a vector; padding is left out.
        whiten: vectors of so many training inputs are whitened before training; 0 for no such layer.
        prefix: whether inputs have their prefix.
        unknown: how often a prefix says `und` in place of its language, so that one can be left out.
        translation: share of the batches that are text and text in two languages.
        translation_sources: the files that these come from, `train-<name>.jsonl.xz`.
        longest: characters of a text in such a pair.
        scale: inverse temperature; with `learned_scale` its first value.
        learned_scale: learn it.
        margin: additive, of the pairs' cosines.
        spread_out: weight of the spread-out term of each side.
        units_only: freeze everything but the embeddings.
        seed: of the draws and of random weights.
    """

    start: Start = Start.LANGUAGE_MODEL
    pooling: Pool = Pool.MEAN
    whiten: int = 1000
    prefix: bool = True
    unknown: float = 0.0
    translation: float = 0.0
    translation_sources: tuple[str, ...] = ()
    longest: int = 40
    scale: float = 20.0
    learned_scale: bool = False
    margin: float = 0.0
    spread_out: float = 0.0
    units_only: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        in_range("[dual] whiten", self.whiten, 0)
        in_range("[dual] unknown", self.unknown, 0, 1)
        in_range("[dual] translation", self.translation, 0, 0.99)
        in_range("[dual] longest", self.longest, 1)
        in_range("[dual] scale", self.scale, 1e-3)
        in_range("[dual] margin", self.margin, 0, 1)
        in_range("[dual] spread_out", self.spread_out, 0)
        if self.translation and not self.translation_sources:
            raise PolyvoxError("[dual] translation: name the files in translation_sources")
