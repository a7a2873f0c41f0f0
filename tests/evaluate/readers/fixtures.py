"""Writing small data sets, and reading them as a task."""

from collections.abc import Iterator
from pathlib import Path

from polyvox.evaluate.declaration import built_in_tasks
from polyvox.evaluate.problem import Pairs, Problem
from polyvox.evaluate.readers import problems


def write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def tabs(*values: str) -> str:
    return "\t".join(values)


def found(task: str, data: Path) -> dict[str, Problem]:
    return {one.name: one for one in read_all(task, data) if isinstance(one, Problem)}


def read_all(task: str, data: Path) -> Iterator[Problem | Pairs]:
    yield from problems(built_in_tasks()[task], data)


def texts(problem: Problem) -> list[str]:
    return [document.content.text for document in problem.documents]
