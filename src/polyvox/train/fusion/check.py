"""A look at what a recipe of the kind `fusion` needs, before anything is trained."""

from __future__ import annotations

from pathlib import Path

from polyvox.errors import PolyvoxError
from polyvox.modules.front import open_front
from polyvox.train.fusion.rows import read_set
from polyvox.train.fusion.sections import TRAIN_HERE, FusionRecipe
from polyvox.train.progress import say


def check(recipe: FusionRecipe, data: Path) -> int:
    """Say what is there and what is not.

    Returns:
        How many problems there are.
    """
    problems = 0
    for front in recipe.fronts:
        try:
            opened = open_front(front.name, front.layers, front.stride)
            say(f"front {front.title}: {opened.width} values a frame, {opened.rate:g} frames a second")
        except PolyvoxError as error:
            problems += 1
            say(f"front {front.title}: {error}")
    for chosen in recipe.sets:
        try:
            pairs = read_set(chosen, data / "speech", recipe.seed)
            say(
                f"set {chosen.name}: {len(pairs.train):,} recordings to train on, {pairs.leaked} left out "
                f"because of test texts, {len(pairs.test):,} queries in {len(pairs.pool()):,} texts"
            )
        except PolyvoxError as error:
            problems += 1
            say(f"set {chosen.name}: {error}")
    missing = _missing_sources(recipe, data)
    for path in missing:
        say(f"{path}: no such file; correct [text.small.sources] or --data")
    return problems + len(missing)


def _missing_sources(recipe: FusionRecipe, data: Path) -> list[Path]:
    if recipe.text.name != TRAIN_HERE:
        return []
    paths = [data / "text" / f"train-{source}.jsonl.xz" for source in recipe.text.small.sources]
    return [path for path in paths if not path.is_file()]
