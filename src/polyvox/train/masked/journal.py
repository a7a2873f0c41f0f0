"""What a run has measured so far, as JSON lines and as a picture."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

METRICS = "metrics.jsonl"
CURVE = "loss.svg"


def keep(folder: Path, line: Mapping[str, float]) -> None:
    """Add the line of a step and draw the curve; what a killed run wrote from that step on is dropped."""
    lines = [earlier for earlier in kept(folder) if earlier["step"] < line["step"]] + [dict(line)]
    partial = folder / f"{METRICS}.partial"
    partial.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    partial.replace(folder / METRICS)
    _draw(lines, folder / CURVE)


def kept(folder: Path) -> list[dict[str, float]]:
    """The lines so far."""
    path = folder / METRICS
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _draw(lines: list[dict[str, float]], path: Path) -> None:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return
    figure = Figure(figsize=(7, 4), layout="constrained")
    left = figure.add_subplot()
    steps = [line["step"] for line in lines]
    left.plot(steps, [line["loss"] for line in lines], color="tab:blue", label="loss, training")
    left.plot(steps, [line["held_out_loss"] for line in lines], color="tab:cyan", label="loss, held out")
    left.set_xlabel("step")
    left.set_ylabel("cross-entropy of hidden codes, nats")
    right = left.twinx()
    right.plot(steps, [line["accuracy"] for line in lines], color="tab:green", label="accuracy, held out")
    right.plot(steps, [line["chance"] for line in lines], color="tab:gray", label="most frequent code")
    right.set_ylabel("share of hidden codes")
    right.set_ylim(0, None)
    figure.legend(loc="outside upper center", ncols=4)
    partial = path.with_suffix(".partial")
    figure.savefig(partial, format="svg")
    partial.replace(path)
