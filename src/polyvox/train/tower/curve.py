"""The loss curve as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path


def draw_curve(lines: Sequence[Mapping[str, float]], path: Path) -> bool:
    """Draw loss and evaluation figures over the steps as SVG.

    Returns:
        Whether there was anything to draw, and matplotlib to draw it.
    """
    losses = [(line["step"], line["loss"]) for line in lines if "loss" in line]
    if not losses:
        return False
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(7, 4), layout="constrained")
    left = figure.add_subplot()
    left.plot(*zip(*losses, strict=True), color="tab:blue", label="loss")
    left.set_xlabel("step")
    left.set_ylabel("loss")
    right = left.twinx()
    right.set_ylabel("R@1, MRR")
    for name, colour in (("eval_recall@1", "tab:green"), ("eval_mrr", "tab:orange")):
        points = [(line["step"], line[name]) for line in lines if name in line]
        if points:
            right.plot(*zip(*points, strict=True), color=colour, marker=".", label=name.removeprefix("eval_"))
    right.set_ylim(0, None)
    figure.legend(loc="outside upper center", ncols=3)
    partial = path.with_suffix(".partial")
    figure.savefig(partial, format="svg")
    partial.replace(path)
    return True
