"""A recipe of the kind `dual-encoder`: one language model for speech and text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from polyvox.errors import PolyvoxError
from polyvox.modules.prefixes import Prefixes
from polyvox.train.dual_encoder.dual_section import Dual
from polyvox.train.dual_encoder.language_section import LanguageModel
from polyvox.train.dual_encoder.speech_section import Speech
from polyvox.train.recipe import RECIPE_FILE, recipe_values
from polyvox.train.sections import folder_name, section_from
from polyvox.train.tower.training_section import Training

_VARIANTS = "variants"


@dataclass(frozen=True, slots=True)
class Recipe:
    """The sections of a recipe.

    Attributes:
        speech: recordings and units.
        language_model: which, or how it is trained.
        training: the optimizer of every variant.
        dual: the tower; what a variant does not say.
        prefix: what stands before an input.
        variants: towers by name, each [dual] with some keys changed; the first one is the recipe's model.
        kind: `dual-encoder`.
    """

    speech: Speech
    language_model: LanguageModel
    training: Training
    dual: Dual = field(default_factory=Dual)
    prefix: Prefixes = field(default_factory=Prefixes)
    variants: Mapping[str, Dual] = field(default_factory=dict)
    kind: str = "dual-encoder"

    def __post_init__(self) -> None:
        for name in self.variants:
            folder_name("[variants]", name)
        if self.training.epochs or self.training.accumulate != 1:
            raise PolyvoxError("[training]: this kind of recipe counts steps, and takes one batch a step")
        translating = any(dual.translation for dual in self.towers().values())
        if translating and not self.language_model.languages:
            raise PolyvoxError(
                "[dual] translation: name the languages of the text in [language_model] languages"
            )

    def towers(self) -> Mapping[str, Dual]:
        """What is trained, by name."""
        return self.variants or {"tower": self.dual}


def read_recipe(folder: Path) -> Recipe:
    """Read and check `recipe.toml`.

    Raises:
        PolyvoxError: no such file, not TOML, or a key or value that is not right.
    """
    values = dict(recipe_values(folder))
    variants = values.get(_VARIANTS, {})
    shared = values.get("dual", {})
    if isinstance(variants, Mapping) and isinstance(shared, Mapping):
        values[_VARIANTS] = {
            name: {**shared, **changed} if isinstance(changed, Mapping) else changed
            for name, changed in variants.items()
        }
    return section_from(Recipe, values, str(folder / RECIPE_FILE))
