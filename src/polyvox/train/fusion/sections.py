"""The sections of a recipe of the kind `fusion`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from polyvox.errors import PolyvoxError
from polyvox.train.sections import folder_name, in_range

TRAIN_HERE = "train"
"""Name of a text model that the recipe trains itself."""
_OWN_FOLDERS = ("text", "frames")
"""What a run writes beside the folders of its sets."""


class Variant(StrEnum):
    """How speech becomes a vector of the text space."""

    LATE = "late"
    SEPARATE = "separate"
    NESTED = "nested"
    LETTERS = "letters"
    SHUFFLED = "shuffled"


class Reader(StrEnum):
    """How a set is split: by its own column, or by meanings that are held out everywhere."""

    SPLIT = "split"
    MEANINGS = "meanings"


@dataclass(frozen=True, slots=True)
class Small:
    """The text model that is trained where `[text] name = "train"`: the section [text.small].

    Attributes:
        sources: weight of each file of parallel rows, `text/train-<name>.jsonl.xz`, in the draw of pairs.
        languages: of these files, as many as are read.
        vocabulary: number of subwords.
        layers: of the transformer.
        width: of the transformer and of its vectors.
        heads: of attention.
        key_heads: heads that keys and values have.
        inner: width of the feed-forward layers.
        batch: pairs a step.
        steps: number of steps.
        rate: highest learning rate; it falls to zero on a straight line.
        warmup: steps until it is reached.
        scale: inverse temperature of the contrastive loss.
        distil: weight of the cosine distance to the teacher's vectors.
        teacher: the text model that gives these, and each subword's first vector.
        longest: subwords of a text that are read.
    """

    sources: Mapping[str, float] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    vocabulary: int = 12_000
    layers: int = 4
    width: int = 256
    heads: int = 4
    key_heads: int = 2
    inner: int = 512
    batch: int = 64
    steps: int = 1_500
    rate: float = 1e-3
    warmup: int = 100
    scale: float = 20.0
    distil: float = 1.0
    teacher: str = "default"
    longest: int = 48

    def __post_init__(self) -> None:
        for name in ("layers", "width", "heads", "key_heads", "inner", "steps"):
            in_range(f"[text.small] {name}", getattr(self, name), 1)
        in_range("[text.small] batch", self.batch, 2)
        in_range("[text.small] vocabulary", self.vocabulary, 300)
        in_range("[text.small] longest", self.longest, 4)
        if self.width % self.heads or self.heads % self.key_heads:
            raise PolyvoxError(
                "[text.small] width must be a multiple of heads, and heads a multiple of key_heads"
            )


@dataclass(frozen=True, slots=True)
class Text:
    """The frozen text model: the section [text].

    Attributes:
        name: "train", or the folder or name of a sentence-transformers model whose transformer takes
            `inputs_embeds`, such as Qwen/Qwen3-Embedding-0.6B.
        prompt: read before every recording, in training and after it.
        small: how it is trained where the name is "train".
    """

    name: str = TRAIN_HERE
    prompt: str = ""
    small: Small = field(default_factory=Small)

    def __post_init__(self) -> None:
        if self.name == TRAIN_HERE and (not self.small.sources or len(self.small.languages) < 2):
            raise PolyvoxError(
                '[text] name = "train" needs [text.small] with at least one source and two languages'
            )


@dataclass(frozen=True, slots=True)
class Front:
    """One frozen speech front: an entry of [[fronts]].

    Attributes:
        name: as `polyvox.modules.front.open_front` takes it: "default", "log-mel", a folder, a checkpoint.
        layers: whose outputs are concatenated; all that the front offers where empty.
        stride: so many neighbouring frames become their mean before the adapter; 0 for about 25 a second.
        label: what tables call it; the last part of the name where empty.
    """

    name: str
    layers: tuple[int, ...] = ()
    stride: int = 0
    label: str = ""

    def __post_init__(self) -> None:
        folder_name("[[fronts]] label", self.title)

    @property
    def title(self) -> str:
        """What tables and folders call it.

        >>> Front("runs/masked/encoder").title
        'encoder'
        """
        return self.label or self.name.rstrip("/").rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Speech:
    """What is trained on speech, and how: the section [speech].

    Attributes:
        variants: `late` (through the frozen text model), `separate` and `nested` heads, and `letters`: late
            fusion that reads the letters of the transcript, as a recogniser without a mistake writes them;
            `shuffled`: late fusion on texts dealt out at random, which teach nothing.
        dimensions: the Matryoshka widths of the loss and of the tables, widest first.
        kernel: frames that the adapter's convolution sees.
        stride: frames that it goes on by.
        query_layers: of the decoder with one learned query that pools frames for the heads; 0 for attention
            without any weights but the query.
        scale: inverse temperature of the loss.
        symmetric: both directions in the loss, not from speech to text alone.
        batch: recordings a step.
        steps: number of steps, the same for every variant.
        head_steps: steps of the heads beside the text model; `steps` where 0.
        rate: highest learning rate; it falls to zero on a straight line.
        warmup: share of the steps until it is reached.
        max_seconds: what comes later in a recording is not heard.
        save_every: steps between checkpoints.
    """

    variants: tuple[Variant, ...] = (Variant.LATE, Variant.SEPARATE, Variant.NESTED)
    dimensions: tuple[int, ...] = (256, 128, 64, 32, 16)
    kernel: int = 2
    stride: int = 2
    query_layers: int = 0
    scale: float = 20.0
    symmetric: bool = False
    batch: int = 64
    steps: int = 300
    head_steps: int = 0
    rate: float = 3e-4
    warmup: float = 0.03
    max_seconds: float = 10.0
    save_every: int = 100

    def __post_init__(self) -> None:
        in_range("[speech] batch", self.batch, 2)
        in_range("[speech] query_layers", self.query_layers, 0)
        for name in ("kernel", "stride", "steps", "save_every"):
            in_range(f"[speech] {name}", getattr(self, name), 1)
        in_range("[speech] warmup", self.warmup, 0, 1)
        in_range("[speech] max_seconds", self.max_seconds, 0.1, 60)
        if not self.dimensions or list(self.dimensions) != sorted(self.dimensions, reverse=True):
            raise PolyvoxError("[speech] dimensions: name at least one, the widest first")
        if self.stride > self.kernel:
            raise PolyvoxError("[speech] stride: above the kernel frames would be skipped unheard")


@dataclass(frozen=True, slots=True)
class SpeechSet:
    """Recordings with the text that each is to meet: an entry of [[sets]].

    Attributes:
        name: what tables call it.
        reader: `split`: one manifest with a column `split` and translations; `meanings`: several manifests,
            English texts, a fixed share of all meanings held out.
        sources: folders below `speech/`.
        train: values of `split` that are trained on.
        test: the value that is measured.
        most: recordings to train on at most, the first of a seeded order; all where 0.
        variants: what is trained on this set; those of [speech] where empty.
        licence: of the recordings.
    """

    name: str
    reader: Reader
    sources: tuple[str, ...]
    train: tuple[str, ...] = ("train",)
    test: str = "dev"
    most: int = 0
    variants: tuple[Variant, ...] = ()
    licence: str = "unknown"

    def __post_init__(self) -> None:
        folder_name("[[sets]] name", self.name)
        if self.name in _OWN_FOLDERS:
            raise PolyvoxError(f"[[sets]] name: {self.name!r} is taken by the run itself; take another")
        if not self.sources:
            raise PolyvoxError(f"[[sets]] {self.name}: sources is empty")
        if self.reader is Reader.SPLIT and len(self.sources) != 1:
            raise PolyvoxError(f"[[sets]] {self.name}: the reader `split` takes one source")


@dataclass(frozen=True, slots=True)
class Intents:
    """Transfer to intents, spoken: the section [intents].

    Attributes:
        set: the set whose models are measured.
        task: the built-in task by class names; empty for none.
        shots: examples of each class in the other measurement.
    """

    set: str = ""
    task: str = "spoken-intent-zero-shot"
    shots: int = 16


@dataclass(frozen=True, slots=True)
class FusionRecipe:
    """A whole recipe of the kind `fusion`.

    Attributes:
        text: the frozen text model.
        sets: what is trained on and measured.
        fronts: the frozen fronts; each gives a row of every table.
        speech: what is trained.
        intents: transfer to intents.
        seed: of every random draw.
        kind: `fusion`.
    """

    text: Text
    sets: tuple[SpeechSet, ...]
    fronts: tuple[Front, ...] = (Front("default"),)
    speech: Speech = field(default_factory=Speech)
    intents: Intents = field(default_factory=Intents)
    seed: int = 1
    kind: str = "fusion"

    def __post_init__(self) -> None:
        names: Sequence[str] = [one.name for one in self.sets]
        if not names or len(set(names)) < len(names):
            raise PolyvoxError("[[sets]]: at least one is needed, and their names must differ")
        if self.intents.set and self.intents.set not in names:
            raise PolyvoxError(f"[intents] set: {self.intents.set!r} is not one of {', '.join(names)}")
