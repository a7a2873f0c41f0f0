"""Pairs of texts with a gold score: STS and its like.

`columns`: `first`, `second`, `score`; `split`, `first_language`, `second_language`. `options`: `files`,
`header`, `split`, `language` (of both sides where neither a column nor `{language}` in the pattern says it).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from polyvox.evaluate.declaration import Task
from polyvox.evaluate.problem import Content, Pair, Pairs, Problem, TaskError
from polyvox.evaluate.readers.tabular import files, needed, rows, value
from polyvox.item import Modality


def read(task: Task, path: Path) -> Iterator[Problem | Pairs]:
    """One problem a language pair."""
    found: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for language, file in files(task, path, task.options.get("files", "*")):
        for number, row in enumerate(rows(file, task.options.get("header", ())), 1):
            wanted = task.options.get("split")
            if wanted is not None and value(row, task.columns["split"]) != wanted:
                continue
            own = language or task.options.get("language", "")
            tags = [
                task.tag(str(value(row, task.columns.get(f"{side}_language", "")) or own))
                for side in ("first", "second")
            ]
            texts = [str(needed(task, file, number, row, task.columns[side])) for side in ("first", "second")]
            score = needed(task, file, number, row, task.columns["score"])
            try:
                gold = float(score)
            except ValueError as error:
                raise TaskError(f"{file}, row {number}: the score {score!r} is not a number") from error
            first, second = (Content(text, language=tag) for text, tag in zip(texts, tags, strict=True))
            found[tags[0], tags[1]].append(Pair(f"{file.stem}/{number}", first, second, gold))
    for (first_tag, second_tag), pairs in sorted(found.items()):
        yield Pairs(first_tag, second_tag, Modality.TEXT, Modality.TEXT, pairs)
