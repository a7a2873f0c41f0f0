"""The sections of a recipe of the kind `sonar` up to stage 3: text, model, translation, decoder, contrast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from polyvox.errors import PolyvoxError
from polyvox.train.sections import in_range


@dataclass(frozen=True, slots=True)
class Text:
    """Parallel text.

    Attributes:
        languages: that the space begins with.
        sources: relative number of pairs from each `text/train-<name>.jsonl.xz`.
        pivot: the language that the others are translated to.
        longest: tokens of a text.
        pivot_share: of the pairs that go to the pivot; the others go between any two languages.
        tags: the token that names a language, where it is not `tag` filled in, such as `fr = "fra_Latn"`.
        tag: token of every other language.
        vocabulary_languages: from whose text subwords are learned too; those that are to come later.
    """

    languages: tuple[str, ...]
    sources: Mapping[str, float]
    pivot: str = "en"
    longest: int = 40
    pivot_share: float = 0.7
    tags: Mapping[str, str] = field(default_factory=dict)
    tag: str = "__{}__"
    vocabulary_languages: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.pivot not in self.languages or len(self.languages) < 2:
            raise PolyvoxError(f"[text] languages: name {self.pivot!r}, the pivot, and at least one more")
        if not self.sources:
            raise PolyvoxError("[text] sources: name at least one")
        if "{}" not in self.tag:
            raise PolyvoxError("[text] tag: must hold {}, which becomes the language")
        in_range("[text] longest", self.longest, 2)
        in_range("[text] pivot_share", self.pivot_share, 0, 1)


@dataclass(frozen=True, slots=True)
class Model:
    """The encoder–decoder before any stage.

    Attributes:
        start: a folder, or a name on the hub, of an encoder–decoder in the form of M2M-100 or NLLB, such as
            `facebook/nllb-200-distilled-600M`, or of a causal language model, such as
            `meta-llama/Llama-3.2-1B`, which becomes encoder and decoder; empty for a small encoder–decoder of
            the sizes below with random weights.
        vocabulary: subwords, learned from the text.
        lend: an encoder, such as `default`, whose vectors of the subwords' spellings are the first values of
            the token table; empty for random ones.
        width: of the states and vectors.
        encoder_layers: layers of the encoder.
        decoder_layers: layers of the decoder.
        heads: of attention.
        inner: width of the feed-forward layers.
        dropout: in every layer.
    """

    start: str = ""
    vocabulary: int = 8000
    lend: str = ""
    width: int = 256
    encoder_layers: int = 3
    decoder_layers: int = 2
    heads: int = 4
    inner: int = 768
    dropout: float = 0.1

    def __post_init__(self) -> None:
        in_range("[model] vocabulary", self.vocabulary, 300)
        for name in ("width", "encoder_layers", "decoder_layers", "heads", "inner"):
            in_range(f"[model] {name}", getattr(self, name), 1)
        if self.width % self.heads:
            raise PolyvoxError(f"[model] width: must be a multiple of heads, {self.heads}, got {self.width}")


@dataclass(frozen=True, slots=True)
class Pace:
    """How a stage is optimised.

    Attributes:
        steps: of AdamW.
        batch: pairs, or recordings, of a step.
        rate: the highest learning rate, after the warm-up, before a cosine fall to a twentieth.
        warmup: steps.
        save_every: steps between checkpoints.
        bf16: matrix products in bfloat16.
    """

    steps: int
    batch: int = 64
    rate: float = 1e-3
    warmup: int = 40
    save_every: int = 100
    bf16: bool = True

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "save_every"):
            in_range(f"pace {name}", getattr(self, name), 1)
        in_range("pace rate", self.rate, 0)
        in_range("pace warmup", self.warmup, 0)


@dataclass(frozen=True, slots=True)
class Translate:
    """Stage 1: translation through the bottleneck.

    Attributes:
        pace: of the stage.
        mse: α, weight of the squared distance between the vectors of source and target.
        denoise: β, weight of denoising.
        denoised: share of the texts of a batch that are denoised; their loss stands for all.
        unspecified: probability that a text's language is not named.
        encoder_rate: part of the learning rate that the encoder and the token table get. An encoder that
            begins with something should wait for a decoder that begins with nothing.
        mse_after: steps at the beginning without the squared distance. A decoder of random weights asks
            nothing of the vectors yet, so nothing would keep them from falling into one point.
        start: folder of a model that stands for this stage, such as another run's; this stage and those
            before it are not trained.
    """

    pace: Pace
    mse: float = 0.1
    denoise: float = 0.01
    denoised: float = 0.25
    unspecified: float = 0.1
    encoder_rate: float = 1.0
    mse_after: int = 0
    start: str = ""

    def __post_init__(self) -> None:
        in_range("[translate] encoder_rate", self.encoder_rate, 0, 1)
        in_range("[translate] mse_after", self.mse_after, 0)
        in_range("[translate] mse", self.mse, 0)
        in_range("[translate] denoise", self.denoise, 0)
        in_range("[translate] denoised", self.denoised, 0, 1)
        in_range("[translate] unspecified", self.unspecified, 0, 1)


@dataclass(frozen=True, slots=True)
class Decoder:
    """The decoder alone learns to write from a random point between the vectors of source and target.

    Attributes:
        pace: of the stage.
        start: folder of a model that stands for this stage, such as another run's; this stage and those
            before it are not trained.
    """

    pace: Pace
    start: str = ""


@dataclass(frozen=True, slots=True)
class Contrast:
    """Stages 2 and 3: contrastive learning, with the decoder kept.

    Attributes:
        pace: of the stage.
        scale: inverse temperature.
        margin: taken off the cosines of the pairs.
        decode: weight of the cross entropy of the pivot text, told from the other's vector.
        unspecified: probability that a text's language is not named.
        hard: edited negatives a pair; 0 for the stage without.
        hard_share: γ, weight of the hard negatives' own softmax; the batch's has 1 − γ.
        endpoint: address of an OpenAI-compatible server, such as `http://localhost:8000/v1`, that edits too.
        model: its model.
        asked: how many texts it edits.
        start: folder of a model that stands for this stage, such as another run's; this stage and those
            before it are not trained.
    """

    pace: Pace
    scale: float = 30.0
    margin: float = 0.1
    decode: float = 0.1
    unspecified: float = 0.1
    hard: int = 0
    hard_share: float = 0.5
    endpoint: str = ""
    model: str = ""
    asked: int = 0
    start: str = ""

    def __post_init__(self) -> None:
        in_range("[contrast] scale", self.scale, 1e-6)
        in_range("[contrast] hard_share", self.hard_share, 0, 1)
        in_range("[contrast] hard", self.hard, 0)
        if bool(self.endpoint) != bool(self.model) or bool(self.endpoint) != bool(self.asked):
            raise PolyvoxError("endpoint, model and asked: give all three, or none")
