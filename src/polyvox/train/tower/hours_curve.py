"""How much more is found with more hours, as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path


def draw_hours(points: Sequence[tuple[float, Mapping[str, float]]], path: Path) -> bool:
    """Draw R@1, R@10 and MRR over the hours of training speech as SVG.

    Args:
        points: hours and figures; of several with the same hours the first one counts.
        path: of the picture.

    Returns:
        Whether there were two different hours at least, and matplotlib to draw them.
    """
    first: dict[float, Mapping[str, float]] = {}
    for hours, figures in points:
        first.setdefault(round(hours, 2), figures)
    if len(first) < 2:
        return False
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.add_subplot()
    known = sorted(first)
    for name, label in (("recall@10", "R@10"), ("mrr", "MRR"), ("recall@1", "R@1")):
        axes.plot(known, [first[hours][name] for hours in known], marker="o", label=label)
    pool = first[known[0]]["pool"]
    axes.axhline(10 / pool, color="gray", linestyle=":", label="R@10 by chance")
    axes.set_xlabel("hours of training speech")
    axes.set_ylabel(f"among {pool:.0f} texts")
    axes.set_xlim(0, None)
    axes.set_ylim(0, None)
    axes.legend()
    partial = path.with_suffix(".partial")
    figure.savefig(partial, format="svg")
    partial.replace(path)
    return True
