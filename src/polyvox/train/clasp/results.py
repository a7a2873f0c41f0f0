"""What was measured of each variant, as JSON beside its model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from polyvox.train.clasp.learning import Course
from polyvox.train.clasp.measure import Figures
from polyvox.train.order_file import write_json

RESULT = "result.json"
Curve = Mapping[str, Figures]
"""Figures by the name of a condition."""


@dataclass(frozen=True, slots=True)
class Result:
    """One variant.

    Attributes:
        name: of the variant.
        trained_on: recordings.
        leaked: recordings that were left out because of a test text.
        course: of the training.
        tests: from recordings to texts, by test and voices.
        backwards: from texts to recordings, by test and voices.
        ranks: of `tests`, a query each, for tests of significance.
        languages: from texts in other languages to recordings, by test and language.
        curve: from distorted recordings to the texts of all test sentences, by condition.
        control: from distorted recordings to their own clean recording, by condition.
        beside: from the recordings that the recogniser hears to the texts of all test sentences.
    """

    name: str
    trained_on: int
    leaked: int
    course: Course
    tests: Mapping[str, Figures]
    backwards: Mapping[str, Figures]
    ranks: Mapping[str, Sequence[float]]
    languages: Mapping[str, Mapping[str, Figures]] = field(default_factory=dict)
    curve: Curve = field(default_factory=dict)
    control: Curve = field(default_factory=dict)
    beside: Figures | None = None

    def write(self, folder: Path) -> None:
        """Write `result.json`, whole or not at all."""
        write_json(folder / RESULT, asdict(self))


def read_result(folder: Path) -> Result | None:
    """The result in a folder, if there is one."""
    path = folder / RESULT
    if not path.is_file():
        return None
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    values["course"] = Course(**values["course"])
    for name in ("tests", "backwards", "curve", "control"):
        values[name] = by_name(values[name])
    values["languages"] = {test: by_name(found) for test, found in values["languages"].items()}
    if values["beside"] is not None:
        values["beside"] = Figures(**values["beside"])
    return Result(**values)


def by_name(values: Mapping[str, Mapping[str, Any]]) -> dict[str, Figures]:
    """Figures from JSON."""
    return {name: Figures(**figures) for name, figures in values.items()}
