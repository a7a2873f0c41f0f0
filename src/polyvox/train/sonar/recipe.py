"""A recipe of the kind `sonar`: which stages there are, in which order, and what makes each its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from polyvox.errors import PolyvoxError
from polyvox.train.recipe import RECIPE_FILE, recipe_values
from polyvox.train.sections import section_from
from polyvox.train.sonar.later_sections import Extend, Measure, Spectrum, Speech
from polyvox.train.sonar.sections import Contrast, Decoder, Model, Text, Translate

STAGES = ("translate", "decoder", "contrast", "hard", "extend", "speech", "spectrum")
"""The sections that are stages, in their order."""
_FREE = ("pace.save_every", "control")


@dataclass(frozen=True, slots=True)
class Recipe:
    """A whole recipe; stages that are not named are left out.

    Attributes:
        text: parallel text.
        translate: stage 1.
        model: before any stage.
        decoder: the decoder's own stage after it.
        contrast: stage 2.
        hard: stage 3, with hard negatives.
        extend: stage 4, once for each list of new languages.
        speech: stage 5.
        spectrum: a language model over the vectors.
        measure: after each stage.
        licence: of the weights that come out.
        seed: of every draw.
        kind: `sonar`.
    """

    text: Text
    translate: Translate
    model: Model = field(default_factory=Model)
    decoder: Decoder | None = None
    contrast: Contrast | None = None
    hard: Contrast | None = None
    extend: tuple[Extend, ...] = ()
    speech: Speech | None = None
    spectrum: Spectrum | None = None
    measure: Measure = field(default_factory=Measure)
    licence: str = ""
    seed: int = 1
    kind: str = "sonar"

    def __post_init__(self) -> None:
        if self.contrast and self.contrast.hard:
            raise PolyvoxError("[contrast] hard: hard negatives have their own stage, [hard]")
        if self.hard and not self.hard.hard:
            raise PolyvoxError("[hard] hard: give at least one edited negative a pair")
        known = set(self.text.languages)
        for extend in self.extend:
            if again := known & set(extend.languages):
                raise PolyvoxError(f"[[extend]] languages: {', '.join(sorted(again))} is there already")
            known |= set(extend.languages)

    def languages(self) -> tuple[str, ...]:
        """Of the whole run, in the order in which they come."""
        return (*self.text.languages, *(tag for extend in self.extend for tag in extend.languages))

    def stages(self) -> list[tuple[str, Any]]:
        """Name and section of each stage, in order; the second extension is `extend-2`."""
        found: list[tuple[str, Any]] = []
        for name in STAGES:
            section = getattr(self, name)
            if name == "extend":
                found += [
                    (name if number == 1 else f"{name}-{number}", one)
                    for number, one in enumerate(section, 1)
                ]
            elif section is not None:
                found.append((name, section))
        return found


_OPTIONAL: Mapping[str, type] = {
    "decoder": Decoder,
    "contrast": Contrast,
    "hard": Contrast,
    "speech": Speech,
    "spectrum": Spectrum,
}


def read_recipe(folder: Path) -> Recipe:
    """Read and check `recipe.toml`.

    Raises:
        PolyvoxError: no such file, not TOML, or a key or value that is not right.
    """
    values = recipe_values(folder)
    where = str(folder / RECIPE_FILE)
    stages: dict[str, Any] = {
        name: section_from(kind, values[name], f"{where} {name}")
        for name, kind in _OPTIONAL.items()
        if name in values
    }
    rest = section_from(Recipe, {name: one for name, one in values.items() if name not in stages}, where)
    return replace(rest, **stages)


def identity(recipe: Recipe, section: object, before: str) -> str:
    """16 hexadecimal digits over all that a stage's weights depend on.

    Args:
        recipe: the whole.
        section: of the stage.
        before: identity of the stage before; empty for the first.
    """
    said = json.loads(json.dumps(asdict(section)))  # type: ignore[call-overload]
    for name in _FREE:
        inner = said
        *path, last = name.split(".")
        for step in path:
            inner = inner.get(step, {})
        inner.pop(last, None)
    shared = {} if before else {"text": asdict(recipe.text), "model": asdict(recipe.model)}
    whole = {"stage": said, "shared": shared, "before": before, "seed": recipe.seed}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:16]
