"""Variants of a recipe: what changes from row to row of a table, trained one after the other."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from polyvox.errors import PolyvoxError
from polyvox.train.recipe import RECIPE_FILE, merged, recipe_values
from polyvox.train.sections import section_from
from polyvox.train.tower.hours_curve import draw_hours
from polyvox.train.tower.recipe import VARIANTS, Recipe
from polyvox.train.tower.run import FRAMES, RESULTS, train
from polyvox.train.tower.untrained import UNTRAINED, measure_untrained

TABLE = "table.md"
_OWN = ("name", "control")
_FIGURES = ("pool", "recall@1", "recall@10", "mrr")


@dataclass(frozen=True, slots=True)
class Variant:
    """One row of the table: a whole recipe, and whether its texts are shuffled."""

    name: str
    recipe: Recipe
    control: bool = False


def read_variants(folder: Path) -> list[Variant]:
    """The entries of [[variants]], each merged into the recipe that they stand in.

    Raises:
        PolyvoxError: there are none, two share a name, or one does not make a right recipe.
    """
    values = recipe_values(folder)
    entries: Any = values.pop(VARIANTS, None)
    if not entries or not isinstance(entries, list):
        raise PolyvoxError(
            f"{folder / RECIPE_FILE}: has no [[variants]]; add some, or train without --variants"
        )
    found = [_variant(values, entry, folder) for entry in entries]
    names = [variant.name for variant in found]
    slugs = {_folder(folder, variant) for variant in found}
    if len(slugs) < len(names):
        raise PolyvoxError(f"{folder / RECIPE_FILE}: two variants share a name: {', '.join(names)}")
    return found


def train_variants(variants: Sequence[Variant], data: Path, out: Path, *, fresh: bool = False) -> Path:
    """Train every variant that was not finished before, and write the table.

    A front hears a recording once for all of them.

    Returns:
        The table, Markdown.

    Raises:
        PolyvoxError: anything that stops a run.
    """
    if fresh:
        (out / UNTRAINED).unlink(missing_ok=True)
    untrained = measure_untrained(variants[0].recipe, data, out)
    for number, variant in enumerate(variants, 1):
        sys.stderr.write(f"variant {number} of {len(variants)}: {variant.name}\n")
        folder = _folder(out, variant)
        train(variant.recipe, data, folder, frames=out / FRAMES, fresh=fresh, control=variant.control)
        _write_table(variants[:number], untrained, out)
    return out / TABLE


def _variant(base: Mapping[str, Any], entry: object, folder: Path) -> Variant:
    where = f"{folder / RECIPE_FILE} [[variants]]"
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise PolyvoxError(f"{where}: every variant needs a name, in quotes")
    control = entry.get("control", False)
    if not isinstance(control, bool):
        raise PolyvoxError(f"{where} {entry['name']!r} control: expected true or false, got {control!r}")
    changes = {key: value for key, value in entry.items() if key not in _OWN}
    recipe = section_from(Recipe, merged(base, changes), f"{where} {entry['name']!r}")
    return Variant(entry["name"], recipe, control)


def _folder(out: Path, variant: Variant) -> Path:
    kept = "".join(letter if letter.isalnum() else "-" for letter in variant.name.lower())
    return out / VARIANTS / "-".join(part for part in kept.split("-") if part)


def _write_table(variants: Sequence[Variant], untrained: Mapping[str, float] | None, out: Path) -> None:
    found = [json.loads((_folder(out, variant) / RESULTS).read_text()) for variant in variants]
    lines = [
        "| | hours | recordings | steps | part | pool | R@1 | R@10 | MRR |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    if untrained:
        lines.append(f"| no training | 0 | 0 | 0 | as below | {_cells(untrained)} |")
    points = []
    for variant, result in zip(variants, found, strict=True):
        part, prefix = ("test", "test_") if result["test"] else ("development", "eval_")
        figures = {name: result["figures"].get(prefix + name, float("nan")) for name in _FIGURES}
        lines.append(
            f"| {variant.name} | {result['hours']:.2f} | {result['trained']} | {result['steps']} | {part} "
            f"| {_cells(figures)} |"
        )
        if not variant.control:
            points.append((result["hours"], figures))
    (out / TABLE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    draw_hours(points, out / "hours.svg")


def _cells(figures: Mapping[str, float]) -> str:
    pool, *rates = (figures[name] for name in _FIGURES)
    return " | ".join([f"{pool:.0f}", *(f"{rate:.3f}" for rate in rates)])
