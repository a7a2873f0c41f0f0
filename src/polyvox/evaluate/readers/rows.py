"""Rows of parallel text, as JSON lines keyed by language: Tatoeba, bilingual dictionaries.

One row is one meaning: `{"en": "rain", "sw": "mvua"}`; several texts in one language are `en`, `en#2`. A
synthetic negative is a row by itself that says how it was made: `{"en": "two rains", "#kind": "number"}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from polyvox.evaluate.declaration import Task
from polyvox.evaluate.parallel import Unit, parallel_problems
from polyvox.evaluate.problem import Content, Pairs, Problem
from polyvox.evaluate.readers.lines import json_lines

KIND = "#kind"


def read(task: Task, path: Path) -> Iterator[Problem | Pairs]:
    """The problems of a file of rows."""
    tags: dict[str, str] = {}
    units = []
    for number, row in enumerate(json_lines(path), 1):
        contents = []
        kind = str(row.pop(KIND, ""))
        for key, text in row.items():
            language = key.partition("#")[0]
            if language not in tags:
                tags[language] = task.tag(language)
            contents.append(Content(str(text), language=tags[language]))
        units.append(Unit(str(number), tuple(contents), kind=kind))
    yield from parallel_problems(task, units)
