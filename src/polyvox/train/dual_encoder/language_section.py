"""The section [language_model]: which one, or how a small one is trained here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from polyvox.errors import PolyvoxError
from polyvox.train.sections import in_range


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A causal language model.

    Attributes:
        start: the folder or name of a transformers checkpoint, such as `Qwen/Qwen3-0.6B`; empty to train a
            small Qwen3 by the rest of this section.
        languages: tags of the languages that it reads.
        sources: relative number of documents from each `train-<name>.jsonl.xz`.
        documents: how many are drawn.
        vocabulary: tokens.
        width: of the states; a multiple of 64, the width of an attention head.
        layers: of the transformer.
        steps: of the optimizer.
        batch: sequences in a step.
        length: tokens in a sequence.
        learning_rate: the highest, after a warm-up of a twentieth, before a cosine fall.
        bf16: matrix products in bfloat16.
        save_every: steps between checkpoints.
        seed: of the draws and first values.
    """

    start: str = ""
    languages: tuple[str, ...] = ()
    sources: Mapping[str, float] = field(default_factory=dict)
    documents: int = 50_000
    vocabulary: int = 8192
    width: int = 256
    layers: int = 4
    steps: int = 1500
    batch: int = 16
    length: int = 128
    learning_rate: float = 2e-3
    bf16: bool = True
    save_every: int = 100
    seed: int = 1

    def __post_init__(self) -> None:
        if self.start:
            return
        if not self.languages or not self.sources:
            raise PolyvoxError(
                "[language_model]: give languages and sources to train one, or start to take one"
            )
        in_range("[language_model] vocabulary", self.vocabulary, 300, 65_535)
        for name in ("documents", "layers", "steps", "batch", "save_every"):
            in_range(f"[language_model] {name}", getattr(self, name), 1)
        in_range("[language_model] length", self.length, 8)
        if self.width % 64 or not self.width:
            raise PolyvoxError(f"[language_model] width: must be a multiple of 64, got {self.width}")
