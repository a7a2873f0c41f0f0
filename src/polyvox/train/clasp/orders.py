"""What `polyvox train` does with a recipe of the kind `clasp`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polyvox.errors import MissingExtraError, PolyvoxError
from polyvox.train.clasp.variants import read_variants, with_needs

if TYPE_CHECKING:
    from polyvox.train.kinds import Order


def run_clasp(order: Order) -> int:
    """Check or train.

    Returns:
        How many problems a check found; 0 after training.

    Raises:
        MissingExtraError: the extra `train` is not installed.
        PolyvoxError: anything that stops the run.
    """
    variants = read_variants(order.recipe, every=order.variants, control=order.control)
    try:
        import sentence_transformers  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("train", "training") from error
    from polyvox.train.clasp.check import check
    from polyvox.train.clasp.run import train_variants
    from polyvox.train.progress import say

    variants, left_out = with_needs(variants)
    for sentence in left_out:
        say(sentence)
    if order.check:
        return check(variants, order.data)
    if order.resume and not (order.out / "variants").is_dir():
        raise PolyvoxError(f"{order.out}: there is no run to go on with; leave --resume out to start one")
    report = train_variants(variants, order.data, order.out, fresh=order.fresh)
    say(f"report: {report}")
    return 0
