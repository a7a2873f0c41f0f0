"""The table of a recipe: every tower, seen and unseen languages, what the prefix says, and the cost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from polyvox.train.dual_encoder.dual import COST
from polyvox.train.dual_encoder.measured import FIGURES

_COLUMNS = {
    "recall_1": "R@1",
    "recall_5": "R@5",
    "mrr": "MRR",
    "back_1": "text→speech R@1",
    "back_mrr": "MRR",
    "wer": "WER",
    "cer": "CER",
}


def write_table(towers: Sequence[str], folder: Path, out: Path, facts: Mapping[str, str]) -> str:
    """The table in Markdown, also written to `out`.

    Args:
        towers: names of the towers, in their order.
        folder: that holds a folder for each.
        out: file.
        facts: what stands above the table, by name.
    """
    lines = [f"{name}: {value}" for name, value in facts.items()]
    for group, title in GROUPS.items():
        lines += ["", f"**{title}**", "", *_head()]
        for number, name in enumerate(towers):
            found = json.loads((folder / name / FIGURES).read_text(encoding="utf-8"))
            if number == 0 and found["means"][group]:
                lines.append(_chance(next(iter(found["languages"][group].values()))))
            lines += [_row(name, asked, means) for asked, means in found["means"][group].items() if means]
    lines += [
        "",
        "**Cost**",
        "",
        "| tower | parameters | processor s a step | peak MB |",
        "|---|---|---|---|",
    ]
    lines += [_cost(name, folder) for name in towers]
    text = "\n".join(lines) + "\n"
    out.write_text(text, encoding="utf-8")
    return text


GROUPS = {
    "seen": "Languages whose speech was trained on: recording → its text, mean over languages",
    "unseen": "Languages whose speech was not trained on: recording → its text, mean over languages",
    "english": "Languages whose speech was not trained on: recording → English text, mean over languages",
}


def _head() -> list[str]:
    cells = ["tower", "asked with", "recordings", "texts", *_COLUMNS.values()]
    return [f"| {' | '.join(cells)} |", "|---" * len(cells) + "|"]


def _chance(languages: Mapping[str, Mapping[str, float]]) -> str:
    """What a random order of the texts reaches, mean over languages."""
    pools = [int(figures["pool"]) for figures in languages.values()]
    means = [sum(min(1.0, depth / pool) for pool in pools) / len(pools) for depth in (1, 5)]
    reciprocal = sum(sum(1 / place for place in range(1, pool + 1)) / pool for pool in pools) / len(pools)
    count = sum(figures["recordings"] for figures in languages.values())
    counts = [f"{count:.0f}", f"{sum(pools)}"]
    cells = ["chance", "", *counts, *(f"{value:.3f}" for value in (*means, reciprocal)), "", "", "", ""]
    return f"| {' | '.join(cells)} |"


def _row(name: str, asked: str, means: Mapping[str, float]) -> str:
    counts = [f"{means['recordings']:.0f}", f"{means['pool']:.0f}"]
    cells = [name, asked, *counts, *(f"{means[column]:.3f}" for column in _COLUMNS)]
    return f"| {' | '.join(cells)} |"


def _cost(name: str, folder: Path) -> str:
    cost: dict[str, Any] = json.loads((folder / name / COST).read_text(encoding="utf-8"))
    return (
        f"| {name} | {cost['parameters']:,} | {cost['processor_seconds_a_step']} | {cost['peak_megabytes']} |"
    )
