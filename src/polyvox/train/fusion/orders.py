"""What `polyvox train` does with a recipe of the kind `fusion`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from polyvox.errors import MissingExtraError, PolyvoxError
from polyvox.train.fusion.sections import FusionRecipe, Variant
from polyvox.train.recipe import RECIPE_FILE, recipe_values
from polyvox.train.sections import section_from

if TYPE_CHECKING:
    from polyvox.train.kinds import Order


def read_fusion_recipe(folder: Path) -> FusionRecipe:
    """Read and check `recipe.toml`.

    Raises:
        PolyvoxError: no such file, not TOML, or a key or value that is not right.
    """
    return section_from(FusionRecipe, recipe_values(folder), str(folder / RECIPE_FILE))


def run_fusion(order: Order) -> int:
    """Check or train.

    Returns:
        How many problems a check found; 0 after training.

    Raises:
        MissingExtraError: the extra `train` is not installed.
        PolyvoxError: anything that stops the run.
    """
    recipe = read_fusion_recipe(order.recipe)
    try:
        import sentence_transformers  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("train", "training") from error
    from polyvox.train.fusion.check import check
    from polyvox.train.fusion.run import train_fusion
    from polyvox.train.progress import say

    if order.check:
        return check(recipe, order.data)
    if order.resume and not (order.out / "text").is_dir():
        raise PolyvoxError(f"{order.out}: there is no run to go on with; leave --resume out to start one")
    if order.control:
        recipe = _with_control(recipe)
    say(f"report: {train_fusion(recipe, order.data, order.out, fresh=order.fresh)}")
    return 0


def _with_control(recipe: FusionRecipe) -> FusionRecipe:
    """Every set also with late fusion on shuffled texts."""
    sets = []
    for chosen in recipe.sets:
        wanted = chosen.variants or recipe.speech.variants
        sets.append(replace(chosen, variants=tuple(dict.fromkeys((*wanted, Variant.SHUFFLED)))))
    return replace(recipe, sets=tuple(sets))
