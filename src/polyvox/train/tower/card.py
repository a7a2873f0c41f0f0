"""The model card, written from what was run."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from polyvox.train.tower.batch import SKIPPED, skipped_lines
from polyvox.train.tower.evaluator import FIGURES
from polyvox.train.tower.journal import METRICS, read_metrics

if TYPE_CHECKING:
    from polyvox.train.tower.prepare import Prepared

_PACKAGES = ("polyvox", "torch", "sentence-transformers", "transformers")


def write_card(
    folder: Path,
    out: Path,
    prepared: Prepared,
    figures: Mapping[str, float],
    *,
    seconds: float,
    control: bool,
) -> None:
    """Write README.md of a finished model.

    Args:
        folder: of the model.
        out: of the run.
        prepared: what was trained on what.
        figures: of the last evaluation.
        seconds: that the last call took.
        control: whether the texts were shuffled.
    """
    parts = [
        _head(prepared, control),
        _results(prepared, figures),
        _data(prepared, out),
        _run(prepared, out, seconds),
        _use(folder),
    ]
    (folder / "README.md").write_text("\n".join(parts), encoding="utf-8")


def _head(prepared: Prepared, control: bool) -> str:
    model = prepared.recipe.model
    warning = (
        "\n**A control: the texts were shuffled among the recordings. It must not know anything.**\n"
        if control
        else ""
    )
    return (
        f"---\nlicense: {model.licence}\nlibrary_name: sentence-transformers\n"
        f"tags: [polyvox, speech, retrieval]\nlanguage: "
        f"[{', '.join(sorted(prepared.rows.counts.languages))}]\n"
        f"---\n# {model.name}\n{warning}\n"
        f"Recordings and texts in one space of {prepared.teacher.dimension} dimensions: that of the "
        f"frozen text "
        f"model `{model.teacher}` (fingerprint `{prepared.teacher.fingerprint}`). The speech module was "
        f"trained "
        f"to meet it; its start was {model.start}.{_front(prepared)}\n"
    )


def _front(prepared: Prepared) -> str:
    if prepared.store is None:
        return ""
    return (
        f" It hears through the frozen front `{prepared.recipe.model.front}` "
        f"({prepared.store.width} values a frame), which is part of the model."
    )


def _results(prepared: Prepared, figures: Mapping[str, float]) -> str:
    if not figures:
        return "## Results\n\nNothing was held out, so nothing was measured.\n"
    training = prepared.recipe.training
    lines = [
        "## Results\n",
        "Held-out recordings against every different held-out text, exact cosine search, a tie counts as a "
        f"miss, seed {training.seed}. At most {training.pool} development recordings are used; none of "
        f"their texts was trained on. The best checkpoint by {training.best} was chosen on the development "
        "part, so its figures flatter a little; the test part chose nothing.\n",
        "| part | text side | recordings | pool | speech to text R@1 | R@5 | R@10 | MRR | back R@1 |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for part, prefix, rows in (
        ("development", "eval", prepared.rows.development),
        ("test", "test", prepared.rows.test),
    ):
        for side in prepared.recipe.losses.sides() if rows else ():
            asked = len(rows) if part == "test" else min(len(rows), training.pool)
            got = {name: figures.get(f"{prefix}_{side}_{name}", float("nan")) for name in FIGURES}
            lines.append(
                f"| {part} | {side} | {asked} | {got['pool']:.0f} | "
                + " | ".join(f"{got[name]:.3f}" for name in FIGURES if name != "pool")
                + " |"
            )
    return "\n".join([*lines, "\nBy chance R@1 is one divided by the pool.\n"])


def _data(prepared: Prepared, out: Path) -> str:
    counts = prepared.rows.counts
    licences = {source.path: source.licence for source in prepared.recipe.data.sources}
    lines = ["## Data\n", "| manifest | SHA-256 | licence |", "|---|---|---|"]
    lines += [f"| {name} | `{digest[:16]}…` | {licences[name]} |" for name, digest in counts.files.items()]
    unread = len({*skipped_lines(out / SKIPPED)} - {*counts.skipped})
    sides = " or ".join(prepared.recipe.losses.sides())
    lines += [
        "",
        f"{counts.read} rows read, {prepared.rows.size} trained on. Left out: {len(counts.skipped)} "
        f"unusable, {counts.without_text} without {sides}, {counts.repeated} repeated, "
        f"{counts.in_exclusion} with a text of the exclusion files, "
        f"{counts.in_development} with a text of the held-out rows, "
        f"{counts.near_duplicates} near duplicates, {unread} unreadable recordings met in training. "
        f"{counts.translated} translations came from parallel text.",
        "",
        "Rows by language: "
        + ", ".join(f"{language} {count}" for language, count in counts.languages.most_common())
        + ".",
        "",
    ]
    return "\n".join(lines)


def _run(prepared: Prepared, out: Path, seconds: float) -> str:
    training = prepared.recipe.training
    lines = read_metrics(out / METRICS)
    whole = lines[-1]["seconds"] if lines else seconds
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"CPU, {platform.machine()}"
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    parameters = sum(weight.numel() for weight in prepared.student.parameters())
    return (
        "## How\n\n"
        f"{prepared.steps} steps of {training.batch} × {training.accumulate} recordings in "
        f"{whole / 60:.1f} minutes "
        f"on {device} with {torch.get_num_threads()} threads, {training.precision}; {parameters:,} "
        f"parameters; "
        f"seed {training.seed}; finished {datetime.now(UTC):%Y-%m-%d}. {versions}. The recipe with every "
        f"value is in "
        "`run.json`, the figures by step in `metrics.jsonl` of the run.\n"
    )


def _use(folder: Path) -> str:
    return (
        "## Use\n\n"
        "    polyvox index recordings/ --into my.index --model THIS_FOLDER\n"
        '    polyvox search "words" --in my.index\n\n'
        "In Python: `polyvox.load_encoder(folder)`, or as a sentence-transformers model "
        "`polyvox.modules.space.open_space(folder)`. sentence-transformers itself opens it with "
        "`trust_remote_code=True`, because it asks for that for every class that is not its own; polyvox "
        "must be "
        "installed either way.\n"
    )
