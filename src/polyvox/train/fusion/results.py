"""What was measured of each variant, as JSON beside its model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from polyvox.train.fusion.measure import Scores, Spectrum
from polyvox.train.fusion.speech_stage import Course
from polyvox.train.order_file import write_json

RESULT = "result.json"


@dataclass(frozen=True, slots=True)
class Result:
    """One variant on one set with one front.

    Attributes:
        set: name of the set.
        front: title of the front; empty where nothing is heard.
        variant: name of the variant, `text` for the frozen text model on transcripts.
        trained_on: recordings.
        queries: that were measured.
        pool: texts that were searched.
        steps: of training.
        scores: by dimension.
        course: of the training.
        spectrum: of the vectors.
        intents: accuracy by measurement.
        ranks: of the relevant text of each query, by dimension, in the order of the manifest.
    """

    set: str
    front: str
    variant: str
    trained_on: int
    queries: int
    pool: int
    steps: int
    scores: Mapping[int, Scores]
    course: Course | None = None
    spectrum: Spectrum | None = None
    intents: Mapping[str, float] = field(default_factory=dict)
    ranks: Mapping[int, Sequence[int]] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write `result.json`, whole or not at all."""
        write_json(folder / RESULT, asdict(self))


def read_result(folder: Path) -> Result | None:
    """The result in a folder, if there is one."""
    path = folder / RESULT
    if not path.is_file():
        return None
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    values["scores"] = {int(width): Scores(**own) for width, own in values["scores"].items()}
    values["ranks"] = {int(width): own for width, own in values["ranks"].items()}
    if values["course"] is not None:
        values["course"] = Course(**values["course"])
    if values["spectrum"] is not None:
        for name in ("mrr", "queries_share"):
            values["spectrum"][name] = {int(key): own for key, own in values["spectrum"][name].items()}
        values["spectrum"] = Spectrum(**values["spectrum"])
    return Result(**values)


def all_results(out: Path) -> Iterator[Result]:
    """Every result below the folder of a run, in the order of their folders."""
    for path in sorted(out.rglob(RESULT)):
        result = read_result(path.parent)
        if result is not None:
            yield result
