"""The picture of the curves: quality under noise, tempo and reverberation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from polyvox.train.clasp.distortions import CURVES, Condition
from polyvox.train.clasp.references import References
from polyvox.train.clasp.results import Curve, Result

_TITLES = {"noise": "white noise, dB", "tempo": "tempo, factor", "room": "room, seconds to −60 dB"}
_CLEAN_AT = {"noise": 0, "tempo": 2, "room": 0}
"""Where the undistorted recording stands among the levels."""
_MOST = 4


def draw_curves(results: Sequence[Result], references: References, path: Path) -> None:
    """Write an SVG with one panel a distortion: the first variants and the other encoder."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "polyvox"
    from matplotlib import pyplot

    curves = {one.name: one.curve for one in results[:_MOST]}
    if references.peer_curve:
        curves["the model that comes with polyvox"] = references.peer_curve
    figure, panels = pyplot.subplots(1, len(CURVES), figsize=(10, 3.2), sharey=True, layout="constrained")
    for panel, kind in zip(panels, CURVES, strict=True):
        for name, curve in curves.items():
            _draw(panel, kind, name, curve)
        panel.set_xlabel(_TITLES[kind])
        panel.grid(alpha=0.3)
    panels[0].set(ylabel="R@10", ylim=(0, None))
    panels[-1].legend(frameon=False, fontsize="small")
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _draw(panel: Any, kind: str, name: str, curve: Curve) -> None:  # noqa: ANN401 - matplotlib's axes
    levels = [(f"{level:g}", Condition(kind, level).name) for level in CURVES[kind]]
    levels.insert(_CLEAN_AT[kind], ("clean", "clean"))
    panel.plot([title for title, _ in levels], [curve[key].recall_10 for _, key in levels], "o-", label=name)
