"""`polyvox train`: make a model by a recipe."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from polyvox.cli.exits import Exit

DATA_VARIABLE = "POLYVOX_DATA"


def register(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Add the verb to the parser."""
    parser = verbs.add_parser(
        "train",
        help="train a model by a recipe",
        description="Train a model by a recipe: a folder with recipe.toml. A run that was stopped goes on "
        "where it stopped when the same command is given again. On several GPUs: "
        "accelerate launch -m polyvox train …",
    )
    parser.add_argument("recipe", type=Path, metavar="RECIPE", help="folder with recipe.toml")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help=f"folder that the recipe's paths start from (default: ${DATA_VARIABLE}, or the recipe's own)",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the run (default: runs/RECIPE)")
    parser.add_argument(
        "--check",
        action="store_true",
        help="train nothing: name every problem of recipe and data, and estimate the time",
    )
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="insist on going on with an earlier run")
    again.add_argument("--fresh", action="store_true", help="forget an earlier run in --out and start again")
    parser.add_argument(
        "--control",
        action="store_true",
        help="afterwards train on shuffled pairs too, to see whether the model learned anything",
    )
    parser.add_argument(
        "--variants",
        action="store_true",
        help="train every variant that the recipe lists, and print one table of them",
    )
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Train, or check."""
    from polyvox.train.kinds import Order, carry_out

    recipe = arguments.recipe
    given = os.environ.get(DATA_VARIABLE)
    order = Order(
        recipe=recipe,
        data=arguments.data or (Path(given) if given else recipe),
        out=arguments.out or Path("runs") / recipe.resolve().name,
        fresh=arguments.fresh,
        resume=arguments.resume,
        check=arguments.check,
        control=arguments.control,
        variants=arguments.variants,
    )
    return Exit.SKIPPED_SOME if carry_out(order) else Exit.DONE
