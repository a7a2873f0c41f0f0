"""Readers: from the files of a data set to problems, one format a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path

from polyvox.evaluate.declaration import Task
from polyvox.evaluate.problem import Pairs, Problem, TaskError

Reader = Callable[[Task, Path], Iterator[Problem | Pairs]]
"""Given a task and the folder or file that holds its data, gives its problems one by one."""

_HOMES: Mapping[str, str] = {
    "rows": "rows",
    "recordings": "recordings",
    "columns": "columns",
    "collection": "collection",
    "labelled": "labelled",
    "scored": "scored",
    "xquad-r": "xquad",
    "afriqa": "afriqa",
    "mteb": "mteb",
}
"""The name of a format, and the file here that has its `read`."""


def reader(task: Task) -> Reader:
    """The reader of a task.

    Raises:
        TaskError: there is no such format.
    """
    if task.reader not in _HOMES:
        near = get_close_matches(task.reader, _HOMES, 3, 0.4) or sorted(_HOMES)
        raise TaskError(f"task {task.name}: there is no reader {task.reader!r}; there are: {', '.join(near)}")
    read: Reader = import_module(f"{__name__}.{_HOMES[task.reader]}").read
    return read


def problems(task: Task, data: Path) -> Iterator[Problem | Pairs]:
    """The problems of a task, from a data folder.

    Raises:
        TaskError: the data is not there (the message says where to get it), or cannot be read.
    """
    path = data / task.path
    if not path.exists():
        raise TaskError(
            f"task {task.name}: there is no {path}. Get it from {task.source} ({task.licence}) and put it "
            "there, or name another folder with --data"
        )
    yield from reader(task)(task, path)
