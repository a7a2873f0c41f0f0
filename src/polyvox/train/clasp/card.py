"""What is written beside a model: what it was trained on, how, and what it reached."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from polyvox.train.clasp.results import Result
from polyvox.train.clasp.stage import Stage
from polyvox.train.order_file import write_json


def write_card(folder: Path, stage: Stage, result: Result) -> None:
    """Write `card.json` into the model's folder."""
    recipe = stage.recipe
    write_json(
        folder / "card.json",
        {
            "name": recipe.model.name,
            "licence": recipe.model.licence,
            "recipe": asdict(recipe),
            "text": stage.teacher.fingerprint,
            "branches": [stage.first.branch.fingerprint, stage.second.branch.fingerprint],
            "polyvox": version("polyvox"),
            "trained_on": result.trained_on,
            "course": asdict(result.course),
            "tests": {test: asdict(found) for test, found in result.tests.items()},
        },
    )
