"""What `polyvox train` does with a recipe of the kind `speech`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polyvox.errors import MissingExtraError, PolyvoxError
from polyvox.train.tower.recipe import read_recipe

if TYPE_CHECKING:
    from polyvox.train.kinds import Order

CONTROL = "control"
"""Folder of the run on shuffled pairs, inside that of the run."""


def run_speech(order: Order) -> int:
    """Check or train, and train the control where it is asked for.

    Returns:
        How many problems a check found; 0 after training.

    Raises:
        MissingExtraError: the extra `train` is not installed.
        PolyvoxError: anything that stops the run.
    """
    recipe = read_recipe(order.recipe)
    try:
        import accelerate  # noqa: F401
        import datasets  # noqa: F401
        import sentence_transformers  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("train", "training") from error
    from polyvox.train.tower.check import check
    from polyvox.train.tower.run import FRAMES, say, train
    from polyvox.train.tower.trainer import whole_checkpoints
    from polyvox.train.tower.variants import read_variants, train_variants

    if order.check:
        return check(recipe, order.data, order.out)
    if order.resume and not whole_checkpoints(order.out):
        raise PolyvoxError(f"{order.out}: there is no run to go on with; leave --resume out to start one")
    if order.variants:
        table = train_variants(read_variants(order.recipe), order.data, order.out, fresh=order.fresh)
        say(f"{table}:\n{table.read_text(encoding='utf-8')}")
        return 0
    model = train(recipe, order.data, order.out, fresh=order.fresh)
    say(f"model: {model}")
    if order.control:
        say("now the control, on shuffled pairs")
        out, frames = order.out / CONTROL, order.out / FRAMES
        say(f"control: {train(recipe, order.data, out, frames=frames, fresh=order.fresh, control=True)}")
    return 0
