"""A recipe of the kind `masked`: what is learned from sound alone, on what, how."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from polyvox.errors import PolyvoxError
from polyvox.train.recipe import RECIPE_FILE, recipe_values
from polyvox.train.sections import in_range, section_from


class Codes(StrEnum):
    """What is guessed; see `polyvox.train.masked.quantiser`."""

    RANDOM = "random"
    CLUSTERS = "clusters"


@dataclass(frozen=True, slots=True)
class Model:
    """The section [model].

    Attributes:
        name: what users call it.
        width: values a frame.
        layers: conformer blocks.
        heads: of the attention.
        kernel: frames that a convolution sees.
        dropout: in every block.
        licence: SPDX expression for the weights.
    """

    name: str
    width: int = 256
    layers: int = 5
    heads: int = 4
    kernel: int = 11
    dropout: float = 0.0
    licence: str = "unknown"

    def __post_init__(self) -> None:
        for name in ("width", "layers", "heads", "kernel"):
            in_range(f"[model] {name}", getattr(self, name), 1)
        in_range("[model] dropout", self.dropout, 0, 0.9)
        if self.width % self.heads:
            raise PolyvoxError(f"[model] width: must be a multiple of the heads ({self.heads})")
        if not self.kernel % 2:
            raise PolyvoxError("[model] kernel: must be odd")


@dataclass(frozen=True, slots=True)
class Source:
    """One manifest: an entry of [[data.sources]].

    Attributes:
        path: the manifest, relative to the data folder.
        licence: of the recordings.
        share: how often it is drawn; 0 makes the share follow the number of recordings.
        language: tag of rows that have none.
    """

    path: str
    licence: str = "unknown"
    share: float = 0.0
    language: str = ""

    def __post_init__(self) -> None:
        in_range("[[data.sources]] share", self.share, 0)


@dataclass(frozen=True, slots=True)
class Data:
    """The section [data].

    Attributes:
        sources: the manifests.
        train_splits: values of the column `split` that are trained on. Rows without a split are trained on
            unless their meaning is kept out; see `polyvox.train.split`.
        watched: held-out recordings that the accuracy is measured on, at most.
        max_seconds: longer recordings are left out.
    """

    sources: tuple[Source, ...]
    train_splits: tuple[str, ...] = ("train",)
    watched: int = 300
    max_seconds: float = 20.0

    def __post_init__(self) -> None:
        if not self.sources:
            raise PolyvoxError("[data] sources: name at least one manifest in [[data.sources]]")
        in_range("[data] watched", self.watched, 1)
        in_range("[data] max_seconds", self.max_seconds, 0.1, 60)


@dataclass(frozen=True, slots=True)
class Targets:
    """The section [targets].

    Attributes:
        codes: `random` projections and codebooks (BEST-RQ), or `clusters` of the features (HuBERT).
        codebooks: guessed side by side.
        size: codes in each.
        width: values that a random projection leaves.
        sample: frames from which means, deviations and clusters are learned.
        seed: of the projections, codebooks and clusters.
    """

    codes: Codes = Codes.RANDOM
    codebooks: int = 4
    size: int = 1024
    width: int = 16
    sample: int = 60_000
    seed: int = 1

    def __post_init__(self) -> None:
        in_range("[targets] codebooks", self.codebooks, 1, 64)
        in_range("[targets] size", self.size, 2, 2**16)
        in_range("[targets] width", self.width, 1, 320)
        in_range("[targets] sample", self.sample, 1)


@dataclass(frozen=True, slots=True)
class Training:
    """The section [training].

    Attributes:
        steps: number of steps.
        batch: recordings a step.
        learning_rate: the highest.
        warmup: steps until it is reached.
        decay: last steps, in which it falls to zero on a straight line.
        start: chance that a hidden stretch begins at a frame.
        span: frames of 40 ms in a hidden stretch.
        save_every: steps between checkpoints; each is measured and written as a front, too.
        seed: of weights, batches and masks.
    """

    steps: int = 4000
    batch: int = 32
    learning_rate: float = 1e-3
    warmup: int = 200
    decay: int = 1000
    start: float = 0.1
    span: int = 6
    save_every: int = 250
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "warmup", "decay", "span", "save_every"):
            in_range(f"[training] {name}", getattr(self, name), 1)
        in_range("[training] learning_rate", self.learning_rate, 1e-8, 1)
        in_range("[training] start", self.start, 0, 1)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A whole recipe of the kind `masked`."""

    model: Model
    data: Data
    targets: Targets = field(default_factory=Targets)
    training: Training = field(default_factory=Training)
    kind: str = "masked"


def read_recipe(folder: Path) -> Recipe:
    """Read and check `recipe.toml`.

    Raises:
        PolyvoxError: no such file, not TOML, or a key or value that is not right.
    """
    return section_from(Recipe, recipe_values(folder), str(folder / RECIPE_FILE))
