"""Any rows of parallel texts and recordings, by saying which column is what: FLEURS, CoVoST 2, NTREX.

A task's `columns` may name: `unit` (rows of all files with one value are one meaning; else the row's number),
`text`, `translation`, `audio` (a path, or Hugging Face's bytes), `language`, `split`. Its `options`:

- `files`: patterns below the task's path; `{language}` is where the tag stands.
- `header`: the columns, where files have no header line.
- `audio_folder`: where recordings lie; `{language}` is filled in.
- `language`, `translation_language`: tags for what no column and no pattern names.
- `split`: only rows whose `split` column says so.
- `texts`: a column that holds `{language: text}`, as MKQA has it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from polyvox.evaluate.declaration import Task
from polyvox.evaluate.parallel import Unit, parallel_problems
from polyvox.evaluate.problem import Content, Pairs, Problem, TaskError
from polyvox.evaluate.readers.tabular import Row, files, needed, rows, value


def read(task: Task, path: Path) -> Iterator[Problem | Pairs]:
    """The problems of a data set that its task describes column by column."""
    together: dict[str, list[Content]] = defaultdict(list)
    patterns = task.options.get("files", "*")
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        for language, file in files(task, path, pattern):
            for number, row in enumerate(rows(file, task.options.get("header", ())), 1):
                if _in_split(task, row):
                    unit = value(row, task.columns["unit"]) if "unit" in task.columns else number
                    together[str(unit)] += _contents(task, path, file, number, row, language)
    if not together:
        raise TaskError(f"task {task.name}: {path} has no rows of the split {task.options.get('split')!r}")
    yield from parallel_problems(task, [Unit(key, tuple(found)) for key, found in together.items()])


def _in_split(task: Task, row: Row) -> bool:
    wanted = task.options.get("split")
    return wanted is None or "split" not in task.columns or value(row, task.columns["split"]) == wanted


def _contents(task: Task, path: Path, file: Path, number: int, row: Row, language: str) -> Iterator[Content]:
    if "texts" in task.columns:
        for tag, text in needed(task, file, number, row, task.columns["texts"]).items():
            if text:
                yield Content(str(text), language=task.tag(tag))
        return
    own = language or task.options.get("language", "")
    if "language" in task.columns:
        own = str(needed(task, file, number, row, task.columns["language"]))
    tag = task.tag(own)
    text = str(needed(task, file, number, row, task.columns["text"])).strip()
    yield Content(text, language=tag)
    if "audio" in task.columns:
        heard = needed(task, file, number, row, task.columns["audio"])
        yield Content(text, audio_of(task, path, file, heard, own), tag)
    if "translation" in task.columns:
        translation = str(needed(task, file, number, row, task.columns["translation"])).strip()
        yield Content(translation, language=task.tag(task.options["translation_language"]))


def audio_of(task: Task, path: Path, file: Path, heard: Any, language: str) -> Path | bytes:  # noqa: ANN401
    """A recording as Hugging Face keeps it (bytes, or a path) or as a name below the audio folder."""
    if isinstance(heard, dict):
        if heard.get("bytes"):
            return bytes(heard["bytes"])
        heard = heard.get("path") or ""
    folder = task.options.get("audio_folder")
    if folder is None:
        return file.parent / str(heard)
    below: str = folder.replace("{language}", language)
    return path / below / str(heard)
