"""Tasks are data: what a task is called, what it is made of and how it is judged, read from TOML."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from polyvox.evaluate.metrics.mrv import Spread
from polyvox.evaluate.problem import TaskError
from polyvox.item import Modality, language_tag

EACH, SAME, OTHERS = "*", "=", "others"
"""In a direction: each language, the query's own language, and all languages but the query's in one pool."""
_DIRECTION = re.compile(r"^(text|speech):(\S+)\s*(?:→|->)\s*(text|speech):(\S+)$")


class Relevance(StrEnum):
    """What makes two documents the same, and so right or wrong together."""

    TEXT = "text"
    NORMALISED = "normalised text"
    MEANING = "meaning"
    QRELS = "qrels"


class Pool(StrEnum):
    """Which documents of a language are searched: those that translate a query, or all there are."""

    PAIRS = "pairs"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Direction:
    """What finds what; a language is a BCP 47 tag, `*`, `=` or `others`.

    >>> Direction.parse("speech:* → text:en")
    Direction(query_modality=<Modality.SPEECH: 'speech'>, query_language='*',
        document_modality=<Modality.TEXT: 'text'>, document_language='en')
    """

    query_modality: Modality
    query_language: str
    document_modality: Modality
    document_language: str

    @classmethod
    def parse(cls, written: str) -> Direction:
        """Read a direction.

        Raises:
            ValueError: it does not look like "speech:* → text:en", or a tag is not BCP 47.
        """
        match = _DIRECTION.match(written.strip())
        if match is None:
            raise ValueError(f'{written!r} is no direction such as "speech:* → text:en"')
        query, asked, document, found = match.groups()
        asked, found = (tag if tag in {EACH, SAME, OTHERS} else language_tag(tag) for tag in (asked, found))
        return cls(Modality(query), asked, Modality(document), found)


@dataclass(frozen=True, slots=True)
class Task:
    """A task's declaration.

    `path` is relative to the data folder; `reader` names the format (see `polyvox.evaluate.readers`);
    `columns` tells the reader which column is what; `languages` are BCP 47 tags, `rename` maps those of the
    data to them. `primary` is the metric that stands for the task in tables; `spread` lists the kinds of
    mean rank variance wanted over the languages of one question.
    """

    name: str
    title: str
    reader: str
    path: str
    revision: str
    licence: str
    citation: str
    source: str
    languages: tuple[str, ...]
    directions: tuple[Direction, ...] = ()
    relevance: Relevance = Relevance.TEXT
    pool: Pool = Pool.ALL
    metrics: tuple[str, ...] = ("Hits@1", "R@1", "R@5", "R@10", "MRR", "nDCG@10", "mean rank", "median rank")
    primary: str = "Hits@1"
    columns: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    rename: Mapping[str, str] = field(default_factory=dict)
    spread: tuple[str, ...] = ()

    def tag(self, language: str) -> str:
        """The BCP 47 tag of a language as the data writes it, without its region where `regions = false`."""
        if language in self.rename:
            return self.rename[language]
        try:
            tag = language_tag(language)
        except ValueError as error:
            raise TaskError(f"task {self.name}: {error}; say under [rename] what it is") from error
        return tag if self.options.get("regions", True) else without_region(tag)


def without_region(tag: str) -> str:
    """A tag as short as its language and script allow.

    >>> without_region("sw-KE"), without_region("en-Latn"), without_region("zh-Hant-TW")
    ('sw', 'en', 'zh-Hant')
    """
    from langcodes import Language

    full = Language.get(tag)
    return Language.make(language=full.language, script=full.script).simplify_script().to_tag()


def read_task(path: Path) -> Task:
    """Read a declaration.

    Raises:
        TaskError: not TOML, a key is missing or unknown, or a value is wrong; the message says which.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        return _task(values)
    except OSError as error:
        raise TaskError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, ValueError, TypeError) as error:
        raise TaskError(f"{path}: {error}") from error


def _task(values: dict[str, Any]) -> Task:
    known = {f.name: f for f in fields(Task)}
    if unknown := sorted(set(values) - set(known)):
        raise ValueError(f"unknown key {', '.join(unknown)}; a task has: {', '.join(known)}")
    needed = {name for name, f in known.items() if f.default is MISSING and f.default_factory is MISSING}
    if missing := sorted(needed - set(values)):
        raise ValueError(f"the key {', '.join(missing)} is missing")
    made = dict(values)
    made["languages"] = tuple(language_tag(tag) for tag in values["languages"])
    made["directions"] = tuple(Direction.parse(one) for one in values.get("directions", ()))
    for name in {"metrics", "spread"} & set(values):
        made[name] = tuple(values[name])
    made["relevance"] = Relevance(values.get("relevance", Relevance.TEXT))
    made["pool"] = Pool(values.get("pool", Pool.ALL))
    task = Task(**made)
    for spread in task.spread:
        Spread(spread)
    if task.primary not in task.metrics:
        raise ValueError(f"the primary metric {task.primary!r} is not among the metrics")
    return task


@cache
def built_in_tasks() -> Mapping[str, Task]:
    """The declarations that come with polyvox, by name."""
    folder = Path(str(resources.files("polyvox.evaluate") / "tasks"))
    tasks = [read_task(path) for path in sorted(folder.glob("*.toml"))]
    return {task.name: task for task in tasks}


def find_tasks(names: Iterable[str]) -> list[Task]:
    """Tasks by name, by the path of a declaration, or mteb's as `mteb:NAME`.

    Raises:
        TaskError: there is no such task; the message has the nearest names.
    """
    return [_find(name) for name in names]


def _find(name: str) -> Task:
    tasks = built_in_tasks()
    if name in tasks:
        return tasks[name]
    if name.startswith("mteb:"):
        from polyvox.evaluate.readers.mteb import declaration

        return declaration(name)
    if name.endswith(".toml"):
        return read_task(Path(name))
    near = get_close_matches(name, tasks, 3, 0.4)
    hint = f"; near it: {', '.join(near)}" if near else ""
    raise TaskError(f"there is no task {name!r}{hint}. `polyvox evaluate --list-tasks` shows all")
