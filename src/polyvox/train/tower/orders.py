"""What `polyvox train` does with a recipe of the kind `speech`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from polyvox.errors import MissingExtraError, PolyvoxError
from polyvox.train.progress import say
from polyvox.train.tower.recipe import read_recipe

if TYPE_CHECKING:
    from polyvox.train.kinds import Order

CONTROL = "control"
"""Folder of the run on shuffled pairs, inside that of the run."""
_MOST_NAMED = 20


def run_speech(order: Order) -> int:
    """Check or train, and train the control where it is asked for.

    Returns:
        How many problems a check found, or how many rows and recordings training could not use.

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
    from polyvox.train.tower.run import FRAMES, first_process, train
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
    say(f"model: {train(recipe, order.data, order.out, fresh=order.fresh)}")
    if order.control:
        say("now the control, on shuffled pairs")
        out, frames = order.out / CONTROL, order.out / FRAMES
        say(f"control: {train(recipe, order.data, out, frames=frames, fresh=order.fresh, control=True)}")
    if not first_process():
        return 0
    say(told_of(order.out))
    if order.control:
        say(f"on shuffled pairs: {told_of(order.out / CONTROL)}")
    return _unread(order.out, say)


def told_of(out: Path) -> str:
    """What a run reached, in a line."""
    from polyvox.train.tower.run import RESULTS

    figures = json.loads((out / RESULTS).read_text(encoding="utf-8"))["figures"]
    part = "test_" if "test_mrr" in figures else "eval_"
    if f"{part}mrr" not in figures:
        return "nothing was held out, so nothing was measured"
    got = {name: figures[part + name] for name in ("recall@1", "recall@10", "mrr", "pool")}
    return (
        f"R@1 {got['recall@1']:.3f}, R@10 {got['recall@10']:.3f}, MRR {got['mrr']:.3f} among "
        f"{got['pool']:.0f} texts ({'test' if part == 'test_' else 'development'} part)"
    )


def _unread(out: Path, say: Callable[[str], None]) -> int:
    """Say which rows and recordings could not be used, and how many they are."""
    from polyvox.train.tower.batch import SKIPPED, skipped_lines

    path = out / SKIPPED
    lines = skipped_lines(path)
    for line in lines[:_MOST_NAMED]:
        say(f"skipped {line}")
    if len(lines) > _MOST_NAMED:
        say(f"… and {len(lines) - _MOST_NAMED} more: {path}")
    return len(lines)
