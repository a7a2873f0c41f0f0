"""The sections of a recipe of the kind `sonar` from stage 4 on: extension, speech, Spectrum, measures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from polyvox.errors import PolyvoxError
from polyvox.modules.heads.learned_query import Pooling
from polyvox.train.sections import in_range
from polyvox.train.sonar.sections import Pace


class Keep(StrEnum):
    """What an extension does about the languages that are there already."""

    FREEZE = "freeze"
    DISTIL = "distil"


@dataclass(frozen=True, slots=True)
class Extend:
    """Stage 4: new languages from a frozen teacher, which is the model as it was.

    Attributes:
        languages: that are new.
        pace: of the stage.
        keep: `distil` trains the encoder and the new tokens, and repeats old pairs so that old vectors stay;
            `freeze` trains only the new tags and the subwords that no old text uses.
        tokens_first: steps at the beginning in which only the new tokens learn, by MSE.
        mse: weight of the distance to the teacher.
        new_scale: inverse temperature for new languages.
        old_scale: inverse temperature for old languages.
        old_share: of the pairs of a batch; not used by `freeze`.
        unspecified: probability that a text's language is not named.
        start: folder of a model that stands for this stage, such as another run's; this stage and those
            before it are not trained.
    """

    languages: tuple[str, ...]
    pace: Pace
    keep: Keep = Keep.DISTIL
    tokens_first: int = 50
    mse: float = 1.0
    new_scale: float = 30.0
    old_scale: float = 10.0
    old_share: float = 0.4
    unspecified: float = 0.1
    start: str = ""

    def __post_init__(self) -> None:
        if not self.languages:
            raise PolyvoxError("[[extend]] languages: name at least one")
        in_range("[[extend]] old_share", self.old_share, 0, 0.9)


@dataclass(frozen=True, slots=True)
class Speech:
    """Stage 5: recordings to the frozen vectors of their transcriptions.

    Attributes:
        sets: folders of `speech/`.
        languages: of the recordings; their text is given by the sets.
        pace: of the stage.
        front: what `open_front` opens.
        layers: of the front.
        pooling: `query`, a decoder of one learned query; `mean` or `max`, feed-forward layers of each frame.
        compared: other poolings that are trained and measured beside it.
        pooler_layers: of the pooling.
        heads: of its attention.
        mse: weight of the squared distance.
        contrast: weight of InfoNCE against the frozen vectors of the batch.
        scale: its inverse temperature.
        max_seconds: what comes later is not heard.
        control: train a second time with the texts shuffled among the recordings.
        start: folder of a model that stands for this stage, such as another run's; this stage and those
            before it are not trained.
    """

    sets: tuple[str, ...]
    languages: tuple[str, ...]
    pace: Pace
    front: str = "default"
    layers: tuple[int, ...] = ()
    pooling: Pooling = Pooling.QUERY
    compared: tuple[Pooling, ...] = ()
    pooler_layers: int = 3
    heads: int = 4
    mse: float = 1.0
    contrast: float = 0.0
    scale: float = 30.0
    max_seconds: float = 10.0
    control: bool = True
    start: str = ""

    def __post_init__(self) -> None:
        if not self.sets or not self.languages:
            raise PolyvoxError("[speech]: name sets and languages")
        if self.pooling in self.compared:
            raise PolyvoxError(f"[speech] compared: {self.pooling} is the pooling of the model itself")
        in_range("[speech] pooler_layers", self.pooler_layers, 1)


@dataclass(frozen=True, slots=True)
class Spectrum:
    """A small language model that reads sentence vectors and answers.

    Attributes:
        pace: of its training.
        start: a causal language model of transformers, such as `Qwen/Qwen3-0.6B`; empty for a small one.
        width: of the small one.
        layers: of the small one.
        passages: source whose rows follow each other, for the question of what comes next.
        choices: continuations to choose from.
        context: sentences before.
    """

    pace: Pace
    start: str = ""
    width: int = 128
    layers: int = 2
    passages: str = "bible"
    choices: int = 4
    context: int = 2

    def __post_init__(self) -> None:
        in_range("[spectrum] choices", self.choices, 2, 8)
        in_range("[spectrum] context", self.context, 1)


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured after each stage.

    Attributes:
        tatoeba: most pairs a language.
        xquad: questions of XQuAD-R too, for the languages that it has.
        edits: negatives of each English text in xsim++.
        written: held-out texts that are decoded, a language.
        beams: of the decoder.
    """

    tatoeba: int = 1000
    xquad: bool = True
    edits: int = 6
    written: int = 100
    beams: int = 1
