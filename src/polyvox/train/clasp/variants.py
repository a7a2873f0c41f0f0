"""The rows of the table: what changes from variant to variant of a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from polyvox.errors import PolyvoxError
from polyvox.train.clasp.sections import ClaspRecipe
from polyvox.train.recipe import RECIPE_FILE
from polyvox.train.sections import section_from
from polyvox.train.tower.recipe import VARIANTS, recipe_values
from polyvox.train.tower.variants import merged

_SHARED = ("sentences", "people", "sources", "measuring", "seed")
"""What must not change: all variants are measured on the same recordings."""
PLAIN = "as the recipe says"


@dataclass(frozen=True, slots=True)
class Variant:
    """One row of the tables: its name and its whole recipe."""

    name: str
    recipe: ClaspRecipe

    @property
    def slug(self) -> str:
        """The name of its folder.

        >>> Variant("Gate, not concat", None).slug
        'gate-not-concat'
        """
        kept = "".join(letter if letter.isalnum() else "-" for letter in self.name.lower())
        return "-".join(part for part in kept.split("-") if part)


def read_variants(folder: Path, *, every: bool, control: bool = False) -> list[Variant]:
    """The recipe as it stands, then the entries of [[variants]], each merged into it.

    Args:
        folder: of the recipe.
        every: with the entries.
        control: with the recipe on shuffled pairs too.

    Raises:
        PolyvoxError: no such file, a wrong key or value, two variants of one name, or one that changes what
            all must share.
    """
    values = recipe_values(folder)
    entries: Any = values.pop(VARIANTS, [])
    where = str(folder / RECIPE_FILE)
    base = section_from(ClaspRecipe, values, where)
    found = [Variant(PLAIN, base)]
    if every:
        found += [_variant(values, entry, base, where) for entry in entries]
    if control:
        training = replace(base.training, shuffled=True)
        found.append(Variant("control: shuffled pairs", replace(base, training=training)))
    slugs = [one.slug for one in found]
    if len(set(slugs)) < len(slugs):
        raise PolyvoxError(f"{where}: two variants share a name: {', '.join(one.name for one in found)}")
    return found


def _variant(values: Mapping[str, Any], entry: object, base: ClaspRecipe, where: str) -> Variant:
    where = f"{where} [[variants]]"
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
        raise PolyvoxError(f"{where}: every variant needs a name, in quotes")
    name = str(entry["name"])
    changes = {key: value for key, value in entry.items() if key != "name"}
    recipe = section_from(ClaspRecipe, merged(values, changes), f"{where} {name!r}")
    changed = [key for key in _SHARED if getattr(recipe, key) != getattr(base, key)]
    if recipe.model.text != base.model.text:
        changed.append("model text")
    if changed:
        raise PolyvoxError(f"{where} {name!r}: {changed[0]} is shared by all variants and cannot change here")
    return Variant(name, recipe)
