"""Quality against the time of a search, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from polyvox.train.fusion.cost import Cost
from polyvox.train.fusion.results import Result


def draw_costs(results: Sequence[Result], costs: Sequence[Cost], path: Path) -> bool:
    """Draw MRR over search time, a line a variant, a panel a set; the dimension stands at each point.

    Returns:
        Whether there was anything to draw, and matplotlib to draw it.
    """
    drawn = [result for result in results if result.course]
    names = list(dict.fromkeys(result.set for result in drawn))
    if not names:
        return False
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(5.2 * len(names), 4), layout="constrained")
    times = {cost.dimension: cost for cost in costs}
    for place, name in enumerate(names, 1):
        panel = figure.add_subplot(1, len(names), place)
        for result in (one for one in drawn if one.set == name):
            widths = [width for width in sorted(result.scores) if width in times]
            panel.plot(
                [times[width].milliseconds for width in widths],
                [result.scores[width].mrr for width in widths],
                marker="o",
                label=" ".join(filter(None, [result.front, result.variant])),
            )
        for cost in costs:
            panel.annotate(
                f"{cost.dimension}: {cost.bytes} B",
                (cost.milliseconds, 0),
                xycoords=("data", "axes fraction"),
                xytext=(0, 4),
                textcoords="offset points",
                rotation=90,
                fontsize=7,
                color="grey",
            )
        panel.set_xscale("log")
        panel.set_ylim(0, None)
        panel.set_title(name)
        panel.set_xlabel("ms a query, exact search, 100,000 vectors")
        panel.set_ylabel("MRR")
        panel.legend(fontsize=7)
    partial = path.with_suffix(".partial")
    figure.savefig(partial, format="svg")
    partial.replace(path)
    return True
