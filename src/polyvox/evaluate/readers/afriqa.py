"""AfriQA: questions in African languages, and the English or French passages that answer them.

The pool of a language is every gold passage in the same pivot language, of all splits and all questions.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from polyvox.evaluate.declaration import Task
from polyvox.evaluate.problem import Content, Document, Pairs, Problem, Query, TaskError
from polyvox.evaluate.readers.lines import json_lines
from polyvox.evaluate.readers.tabular import needed
from polyvox.item import Modality

_NAME = re.compile(r"gold_span_passages\.afriqa\.(\w+)\.(\w+)\.(\w+)\.json(?:\.\w+)?$")


def read(task: Task, path: Path) -> Iterator[Problem | Pairs]:
    """One problem a language of questions, of the split that the task names."""
    pools: dict[str, dict[str, Document]] = defaultdict(dict)
    asked: dict[tuple[str, str], list[Query]] = defaultdict(list)
    for file in sorted(path.rglob("*gold_span_passages*")):
        match = _NAME.search(file.name)
        if match is None:
            continue
        language, pivot, split = match.groups()
        for number, row in enumerate(json_lines(file), 1):
            text = _passage(row)
            if text:
                content = Content(text, language=task.tag(pivot))
                pools[pivot].setdefault(text, Document(f"{pivot}/{len(pools[pivot])}", text, content))
            if split == task.options["split"]:
                question = Content(
                    str(needed(task, file, number, row, "question_lang")), language=task.tag(language)
                )
                asked[language, pivot].append(
                    Query(f"{language}/{number}", question, {text: 1} if text else {})
                )
    if not asked:
        raise TaskError(f"task {task.name}: {path} holds no gold passages of {task.options['split']!r}")
    for (language, pivot), queries in sorted(asked.items()):
        yield Problem(
            task.tag(language),
            task.tag(pivot),
            Modality.TEXT,
            Modality.TEXT,
            queries,
            list(pools[pivot].values()),
        )


def _passage(row: Mapping[str, Any]) -> str:
    """Title and text of the gold passage; empty for the few questions whose passage is empty."""
    context = str(row.get("context") or "").strip()
    return f"{row.get('title') or ''}. {context}".removeprefix(". ") if context else ""
