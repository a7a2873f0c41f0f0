"""A recipe of the kind `speech`: what is trained, on what, how."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from polyvox.errors import PolyvoxError
from polyvox.train.recipe import RECIPE_FILE, recipe_values
from polyvox.train.sections import section_from
from polyvox.train.tower.model_section import Data, Model, Student
from polyvox.train.tower.training_section import Losses, Training

VARIANTS = "variants"
"""The key of the tables that `polyvox.train.tower.variants` reads."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A whole recipe of the kind `speech`."""

    model: Model
    data: Data
    training: Training
    losses: Losses = field(default_factory=Losses)
    kind: str = "speech"

    def __post_init__(self) -> None:
        if self.model.student is Student.ATTENTION and self.losses.ctc:
            raise PolyvoxError(
                "[losses] ctc: a head over a front spells nothing; "
                'use student = "direct" or "sounds", or set 0'
            )


def read_recipe(folder: Path) -> Recipe:
    """Read and check `recipe.toml`.

    Raises:
        PolyvoxError: no such file, not TOML, or a key or value that is not right.
    """
    path = folder / RECIPE_FILE
    values = {key: value for key, value in recipe_values(folder).items() if key != VARIANTS}
    return section_from(Recipe, values, str(path))
