"""The sections of a recipe of the kind `clasp`, as frozen dataclasses.

Abootorabi and Asgari, CLASP, ECIR 2025, https://arxiv.org/abs/2412.13071.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from polyvox.errors import PolyvoxError
from polyvox.modules.branches import BRANCHES
from polyvox.train.clasp.data_sections import People, Sentences, Source
from polyvox.train.sections import in_range


class Fusion(StrEnum):
    """How two branches become one vector; `first` and `second` use one branch alone."""

    CONCAT = "concat"
    GATING = "gating"
    FIRST = "first"
    SECOND = "second"


class Loss(StrEnum):
    """What is minimised: symmetric InfoNCE, or Huber's distance to the frozen vector of the text."""

    INFONCE = "infonce"
    HUBER = "huber"


@dataclass(frozen=True, slots=True)
class Model:
    """The finished model: the section [model].

    Attributes:
        name: what users call it.
        text: the frozen text model: "default", a folder, or a name such as sentence-transformers/LaBSE.
        fusion: how the two branches become one vector.
        licence: of the weights.
    """

    name: str = "clasp"
    text: str = "default"
    fusion: Fusion = Fusion.CONCAT
    licence: str = "unknown"


@dataclass(frozen=True, slots=True)
class Branch:
    """One frozen view of a recording: the sections [first] and [second].

    Attributes:
        kind: one of the table `polyvox.modules.branches.BRANCHES`.
        name: of a front or a checkpoint, for the kinds that open one.
        layers: of a front, concatenated; its last where empty.
    """

    kind: str
    name: str = ""
    layers: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in BRANCHES:
            raise PolyvoxError(f"kind: {self.kind!r} is not one of {', '.join(BRANCHES)}")


@dataclass(frozen=True, slots=True)
class Objective:
    """What is minimised: the section [objective].

    Attributes:
        loss: `infonce` or `huber`.
        temperature: of InfoNCE; cosines are divided by it.
        legacy: multiply by the temperature instead, as the published notebooks do (a scale of
            exp(ln 0.07)).
        delta: of Huber's loss.
    """

    loss: Loss = Loss.INFONCE
    temperature: float = 0.07
    legacy: bool = False
    delta: float = 0.6

    def __post_init__(self) -> None:
        in_range("[objective] temperature", self.temperature, 1e-3, 1.0)
        in_range("[objective] delta", self.delta, 1e-6)

    @property
    def scale(self) -> float:
        """What cosines are multiplied by.

        >>> round(Objective().scale, 2), Objective(legacy=True).scale
        (14.29, 0.07)
        """
        return self.temperature if self.legacy else 1 / self.temperature


@dataclass(frozen=True, slots=True)
class Training:
    """How the fusion is trained: the section [training].

    Attributes:
        batch: recordings a step.
        epochs: at most.
        patience: epochs without a better MRR on the development part before training ends.
        rate: highest learning rate of Adam; it falls to zero on a straight line.
        max_seconds: what comes later in a recording is not heard.
        shuffled: deal the texts out at random among the training recordings: the control.
        most: recordings to learn from at most, the first of a seeded order; all where 0.
    """

    batch: int = 128
    epochs: int = 60
    patience: int = 12
    rate: float = 1e-3
    max_seconds: float = 15.0
    shuffled: bool = False
    most: int = 0

    def __post_init__(self) -> None:
        in_range("[training] batch", self.batch, 2)
        in_range("[training] epochs", self.epochs, 1)
        in_range("[training] patience", self.patience, 1)
        in_range("[training] max_seconds", self.max_seconds, 0.1, 60)
        in_range("[training] most", self.most, 0)


@dataclass(frozen=True, slots=True)
class Measuring:
    """What is measured in the end besides the ranking: the section [measuring].

    Attributes:
        languages: of text queries besides English.
        cascade: test recordings that the recogniser hears; it is slow. None where 0.
        distorted: test recordings of the curves under noise, tempo and reverberation. None where 0.
        peer: an encoder that hears by itself, for comparison; none where empty.
    """

    languages: tuple[str, ...] = ()
    cascade: int = 0
    distorted: int = 0
    peer: str = ""


@dataclass(frozen=True, slots=True)
class ClaspRecipe:
    """A whole recipe of the kind `clasp`.

    Attributes:
        model: the finished model.
        first: the self-supervised branch.
        second: the spectrogram branch.
        sentences: sentences that are spoken by synthesisers; none where it is missing.
        people: human recordings of the shared data; none where it is missing.
        sources: manifests of your own.
        objective: what is minimised.
        training: how.
        measuring: what is measured.
        seed: of every random draw.
        kind: `clasp`.
    """

    first: Branch
    second: Branch
    model: Model = field(default_factory=Model)
    sentences: Sentences = field(default_factory=Sentences)
    people: People = field(default_factory=People)
    sources: tuple[Source, ...] = ()
    objective: Objective = field(default_factory=Objective)
    training: Training = field(default_factory=Training)
    measuring: Measuring = field(default_factory=Measuring)
    seed: int = 1
    kind: str = "clasp"

    def __post_init__(self) -> None:
        if not (self.sentences.sources or self.people.sources or self.sources):
            raise PolyvoxError(
                "nothing to learn from: name [sentences.sources], [people] sources or [[sources]]"
            )
