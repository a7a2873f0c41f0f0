"""The sections of a recipe that say what is trained and on what: [model] and [data]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from polyvox.errors import PolyvoxError
from polyvox.train.sections import in_range


class Student(StrEnum):
    """How the student gets from audio to meaning.

    `direct` and `sounds` hear by themselves (`polyvox.modules.speech.TOWERS`); `attention` is a small head
    over the frames of a frozen front (`polyvox.modules.heads.attention`).
    """

    DIRECT = "direct"
    SOUNDS = "sounds"
    ATTENTION = "attention"


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of a student that starts at random, its lower half (`layers`) and upper half (`meaning_…`).

    A head over a front has an upper half only.
    """

    width: int = 256
    layers: int = 4
    heads: int = 4
    kernel: int = 11
    meaning_width: int = 256
    meaning_layers: int = 3
    meaning_kernel: int = 5
    dropout: float = 0.1

    def __post_init__(self) -> None:
        for name in (
            "width",
            "layers",
            "heads",
            "kernel",
            "meaning_width",
            "meaning_layers",
            "meaning_kernel",
        ):
            in_range(f"[model.sizes] {name}", getattr(self, name), 1)
        in_range("[model.sizes] dropout", self.dropout, 0, 0.9)
        for name in ("width", "meaning_width"):
            if getattr(self, name) % (2 * self.heads):
                raise PolyvoxError(
                    f"[model.sizes] {name}: must be a multiple of twice the heads ({self.heads})"
                )
        for name in ("kernel", "meaning_kernel"):
            if not getattr(self, name) % 2:
                raise PolyvoxError(f"[model.sizes] {name}: must be odd")


@dataclass(frozen=True, slots=True)
class Model:
    """The section [model].

    Attributes:
        name: what users call it.
        teacher: the frozen text model: "default", a folder, or a sentence-transformers name.
        student: `direct`, `sounds` or `attention`.
        front: what `attention` hears with, frozen: "default", "log-mel", a folder, or a name on the hub.
        layers: of the front, whose states are concatenated; its last where empty.
        start: "random", or a folder with a speech tower, a trained model or a run to start from.
        max_seconds: what comes later in a recording is not heard.
        sizes: of a student that starts at random.
        licence: SPDX expression for the weights.
    """

    name: str
    teacher: str = "default"
    student: Student = Student.DIRECT
    front: str = "default"
    layers: tuple[int, ...] = ()
    start: str = "random"
    max_seconds: float = 20.0
    sizes: Sizes = field(default_factory=Sizes)
    licence: str = "unknown"

    def __post_init__(self) -> None:
        in_range("[model] max_seconds", self.max_seconds, 0.1, 60)


@dataclass(frozen=True, slots=True)
class Source:
    """One manifest: an entry of [[data.sources]].

    Attributes:
        path: the manifest, relative to the data folder.
        share: how often it is drawn; 0 makes shares follow the number of rows.
        language: tag of rows that have none.
        languages: only rows with one of these tags are used; empty for all.
        columns: our names of columns to the manifest's: path, transcript, translation, language, split …
        licence: of the recordings, for the card.
        stream: read row by row, through a shuffling buffer, instead of all at once.
    """

    path: str
    share: float = 0.0
    language: str = ""
    languages: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    licence: str = "unknown"
    stream: bool = False

    def __post_init__(self) -> None:
        in_range("[[data.sources]] share", self.share, 0)


@dataclass(frozen=True, slots=True)
class Data:
    """The section [data].

    Attributes:
        sources: the manifests.
        parallel: JSON-lines files of parallel text, from which missing translations are taken.
        pivot: language of those translations.
        train_splits: values of the column `split` that are trained on; rows without a split count.
        development_splits: values that are evaluated on.
        development: share of the texts kept for evaluation where no row has such a value.
        test: share of the texts kept for the test where no row has such a value.
        exclude: files whose texts must never be trained on: .txt, .jsonl, .json, also .xz.
        temperature: a language with n rows is drawn in proportion to n ** (1 / temperature).
        near_duplicates: similarity of two transcripts from which one row is dropped; 0 keeps all.
        test_splits: values that are measured at the end only, and choose nothing.
        hours: train on no more than this, the same rows first for any seed; 0 for all.
        speakers: train on these only, names or patterns such as "ana*"; empty for all.
        augment: distort the recordings.
        copies: of each recording that a frozen front hears when `augment` is true, one of them clean.
        mask: hide random bands and stretches of the features (SpecAugment).
        buffer: rows in the shuffling buffer of streamed sources.
    """

    sources: tuple[Source, ...]
    parallel: tuple[str, ...] = ()
    pivot: str = "en"
    train_splits: tuple[str, ...] = ("train",)
    development_splits: tuple[str, ...] = ("dev", "development", "validation")
    test_splits: tuple[str, ...] = ()
    hours: float = 0.0
    speakers: tuple[str, ...] = ()
    development: float = 0.05
    test: float = 0.0
    exclude: tuple[str, ...] = ()
    temperature: float = 1.0
    near_duplicates: float = 0.0
    augment: bool = True
    copies: int = 3
    mask: bool = True
    buffer: int = 2048

    def __post_init__(self) -> None:
        if not self.sources:
            raise PolyvoxError("[data] sources: name at least one manifest in [[data.sources]]")
        in_range("[data] development", self.development, 0, 0.5)
        in_range("[data] test", self.test, 0, 0.4)
        in_range("[data] temperature", self.temperature, 1)
        in_range("[data] near_duplicates", self.near_duplicates, 0, 1)
        in_range("[data] buffer", self.buffer, 1)
        in_range("[data] copies", self.copies, 1)
        in_range("[data] hours", self.hours, 0)
        if len({source.stream for source in self.sources}) == 2:
            raise PolyvoxError("[data] sources: stream all of them or none")
