"""`polyvox.evaluate(...)`: what the command does, from Python."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from polyvox.encode import Encoder
from polyvox.evaluate.declaration import Task, find_tasks
from polyvox.evaluate.folder import Evaluation
from polyvox.evaluate.measure import Settings
from polyvox.evaluate.run import Report, evaluate_encoder
from polyvox.evaluate.systems import load_system
from polyvox.item import language_tag


def evaluate(
    models: str | Encoder | Sequence[str | Encoder],
    *,
    tasks: Iterable[str | Task],
    data: str | Path | None = None,
    out: str | Path | None = None,
    dimensions: Sequence[int] = (),
    languages: Iterable[str] = (),
    limit: int | None = None,
    seed: int = 0,
    report: Report = print,
) -> list[Evaluation]:
    """Measure models on tasks, by exact search over whole pools, with ties counted both ways.

    Args:
        models: names as `load_system` takes them, or encoders.
        tasks: names of built-in tasks, paths of declarations, or declarations.
        data: the folder with the tasks' data; `$POLYVOX_DATA` or `data` where None.
        out: keep the evaluation here and go on from what is there; nothing is kept where None.
        dimensions: prefixes of the vectors to measure; the full width where empty.
        languages: only pairs with one of these BCP 47 tags; all where empty.
        limit: ask a sample of so many queries of each pair; pools stay whole.
        seed: seed of samples.
        report: told of tasks that are left out, and why.

    Returns:
        One evaluation a model: every score by query, language pair, dimension and tie rule.

    Raises:
        PolyvoxError: there is no such model, task, language or dimension.
    """
    given = [models] if isinstance(models, str) or not isinstance(models, Sequence) else models
    declared = [task if isinstance(task, Task) else find_tasks([task])[0] for task in tasks]
    folder = Path(data or os.environ.get("POLYVOX_DATA", "data"))
    settings = Settings(tuple(dimensions), frozenset(map(language_tag, languages)), limit, seed)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        kept = Path(out or scratch)
        return [
            evaluate_encoder(
                load_system(model) if isinstance(model, str) else model,
                declared,
                folder,
                kept,
                settings,
                report=report,
            ).evaluation
            for model in given
        ]
