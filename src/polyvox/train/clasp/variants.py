"""The rows of the table: what changes from variant to variant of a recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from polyvox.errors import PolyvoxError
from polyvox.train.clasp.sections import ClaspRecipe
from polyvox.train.recipe import RECIPE_FILE, merged, recipe_values
from polyvox.train.sections import section_from
from polyvox.train.tower.recipe import VARIANTS

_SHARED = ("sentences", "people", "sources", "measuring", "seed")
"""What must not change: all variants are measured on the same recordings."""
_ABOUT_THE_ROW = ("name", "needs", "against")
PLAIN = "as the recipe says"


@dataclass(frozen=True, slots=True)
class Variant:
    """One row of the tables.

    Attributes:
        name: in the tables.
        recipe: the whole of it.
        needs: a folder without which the row is left out, from the current one; none where empty.
        against: rows that it is compared with, besides the first.
    """

    name: str
    recipe: ClaspRecipe
    needs: str = ""
    against: tuple[str, ...] = ()

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
    _refuse_unknown(found, where)
    return found


def with_needs(variants: Sequence[Variant]) -> tuple[list[Variant], list[str]]:
    """The variants whose folder is there, and a sentence for each of the others."""
    missing = [one for one in variants if one.needs and not Path(one.needs).is_dir()]
    told = [f"left out the row {one.name!r}: there is no folder {one.needs}" for one in missing]
    return [one for one in variants if one not in missing], told


def _variant(values: Mapping[str, Any], entry: object, base: ClaspRecipe, where: str) -> Variant:
    where = f"{where} [[variants]]"
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
        raise PolyvoxError(f"{where}: every variant needs a name, in quotes")
    row = section_from(_Row, {key: entry[key] for key in _ABOUT_THE_ROW if key in entry}, where)
    changes = {key: value for key, value in entry.items() if key not in _ABOUT_THE_ROW}
    recipe = section_from(ClaspRecipe, merged(values, changes), f"{where} {row.name!r}")
    changed = [key for key in _SHARED if getattr(recipe, key) != getattr(base, key)]
    if recipe.model.text != base.model.text:
        changed.append("model text")
    if changed:
        raise PolyvoxError(
            f"{where} {row.name!r}: {changed[0]} is shared by all variants and cannot change here"
        )
    return Variant(row.name, recipe, row.needs, row.against)


@dataclass(frozen=True, slots=True)
class _Row:
    """What an entry says of its row, beside what it changes in the recipe."""

    name: str
    needs: str = ""
    against: tuple[str, ...] = ()


def _refuse_unknown(variants: Sequence[Variant], where: str) -> None:
    names = [one.name for one in variants]
    for one in variants:
        for other in one.against:
            if other not in names:
                raise PolyvoxError(
                    f"{where} [[variants]] {one.name!r} against: {other!r} is not one of {', '.join(names)}"
                )
