"""Kinds of recipes, and what runs each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from polyvox.errors import MissingExtraError, PolyvoxError
from polyvox.train.recipe import recipe_values

RECIPE_KIND = "speech"
"""What a recipe without `kind` is."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the user asked for.

    Attributes:
        recipe: the folder of the recipe.
        data: folder that its paths are relative to.
        out: folder of the run.
        fresh: forget an earlier run.
        resume: insist on an earlier run.
        check: look at the data and the time only.
        control: train on shuffled pairs, into `out/control`.
        variants: train every variant of the recipe instead, into `out/variants`.
    """

    recipe: Path
    data: Path
    out: Path
    fresh: bool = False
    resume: bool = False
    check: bool = False
    control: bool = False
    variants: bool = False


def carry_out(order: Order) -> int:
    """Run a recipe of any kind.

    Returns:
        How many problems a check found, or how many recordings training could not read.

    Raises:
        PolyvoxError: an unknown kind, or anything that stops the run.
    """
    kind = recipe_values(order.recipe).get("kind", RECIPE_KIND)
    if kind not in KINDS:
        near = get_close_matches(str(kind), KINDS, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise PolyvoxError(f"{order.recipe}: the kind {kind!r} is not one of {', '.join(KINDS)}{hint}")
    chosen = KINDS[str(kind)]
    if order.control and chosen.instead:
        raise PolyvoxError(f"--control does nothing for recipes of the kind {kind}: {chosen.instead}")
    if order.variants and not chosen.variants:
        several = ", ".join(name for name, one in KINDS.items() if one.variants)
        raise PolyvoxError(f"--variants is for recipes of the kinds {several}; this one is {kind}")
    return chosen.work(order)


def _speech(order: Order) -> int:
    from polyvox.train.tower.orders import run_speech

    return run_speech(order)


def _shipped(order: Order) -> int:
    from polyvox.train.shipped import run_shipped

    return run_shipped(order)


def _masked(order: Order) -> int:
    try:
        from polyvox.train.masked.run import run_masked
    except ImportError as error:
        raise MissingExtraError("train", "training") from error
    return run_masked(order)


def _dual_encoder(order: Order) -> int:
    try:
        from polyvox.train.dual_encoder.run import run_dual_encoder
    except ImportError as error:
        raise MissingExtraError("train", "training") from error
    return run_dual_encoder(order)


def _fusion(order: Order) -> int:
    from polyvox.train.fusion.orders import run_fusion

    return run_fusion(order)


def _sonar(order: Order) -> int:
    try:
        from polyvox.train.sonar.run import run_sonar
    except ImportError as error:
        raise MissingExtraError("train", "training") from error
    return run_sonar(order)


def _clasp(order: Order) -> int:
    from polyvox.train.clasp.orders import run_clasp

    return run_clasp(order)


def _ears(order: Order) -> int:
    try:
        from polyvox.train.ears.run import run_ears
    except ImportError as error:
        raise MissingExtraError("train", "making this model") from error
    return run_ears(order)


class Kind(NamedTuple):
    """What runs a kind of recipe, whether it knows `--variants`, and what it has instead of `--control`."""

    work: Callable[[Order], int]
    variants: bool = False
    instead: str = ""


KINDS: Mapping[str, Kind] = {
    "speech": Kind(_speech, variants=True),
    "shipped": Kind(_shipped, instead="its tables have none"),
    "masked": Kind(_masked, instead="it reads no texts that could be shuffled"),
    "dual-encoder": Kind(_dual_encoder, instead="its controls stand in [variants]"),
    "clasp": Kind(_clasp, variants=True),
    "ears": Kind(_ears, instead="it trains nothing"),
    "fusion": Kind(_fusion),
    "sonar": Kind(_sonar, instead="[speech] control = true trains one"),
}
