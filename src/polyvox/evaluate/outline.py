"""The short table of an evaluation, for a terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from polyvox.evaluate.declaration import Task
from polyvox.evaluate.folder import Evaluation
from polyvox.evaluate.search import Tie
from polyvox.item import Modality


@dataclass(frozen=True, slots=True)
class Line:
    """A task's primary metric in one direction at one dimension, as the unweighted mean over language pairs.

    `easy` is by the optimistic tie rule, and equals `value` where ties make no difference.
    """

    system: str
    task: str
    direction: str
    dimension: int
    metric: str
    value: float
    easy: float
    pairs: int
    queries: int
    smallest_pool: int
    largest_pool: int

    @property
    def score(self) -> str:
        """The value, with the optimistic one where it differs."""
        return f"{self.value:.3f}" + (f" (ties {self.easy:.3f})" if self.easy - self.value >= 5e-4 else "")

    @property
    def pool(self) -> str:
        """The range of pool sizes."""
        small, large = self.smallest_pool, self.largest_pool
        return f"{small:,}" if small == large else f"{small:,}–{large:,}"


def outline(evaluation: Evaluation, tasks: Sequence[Task]) -> list[Line]:
    """The lines of one system, in the order of the tasks."""
    primary = {task.name: task.primary for task in tasks}
    rows = [row for row in evaluation.summary.to_pylist() if row["metric"] == primary.get(row["task"])]
    groups: dict[tuple[str, str, int], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["task"], direction_of(row), row["dimension"]].append(row)
    order = list(primary)
    return [
        _line(evaluation.card.name, key, members)
        for key, members in sorted(
            groups.items(), key=lambda group: (order.index(group[0][0]), *group[0][1:])
        )
    ]


def direction_of(row: Mapping[str, Any]) -> str:
    """The direction of a row with what is special about its languages."""
    asked, found = row["query_language"], row["document_language"]
    if row["query_modality"] != row["document_modality"] and asked == found:
        return f"{row['direction']}, same language"
    if row["query_modality"] == row["document_modality"] == Modality.TEXT and "en" in {asked, found}:
        return f"{row['direction']}, {'from' if asked == 'en' else 'to'} English"
    return str(row["direction"])


def _line(system: str, key: tuple[str, str, int], rows: Sequence[Mapping[str, Any]]) -> Line:
    hard, easy = _by_pair(rows, Tie.PESSIMISTIC), _by_pair(rows, Tie.OPTIMISTIC)
    return Line(
        system=system,
        task=key[0],
        direction=key[1],
        dimension=key[2],
        metric=rows[0]["metric"],
        value=fmean(row["value"] for row in hard.values()),
        easy=fmean(easy.get(pair, row)["value"] for pair, row in hard.items()),
        pairs=len(hard),
        queries=sum(row["queries"] for row in hard.values()),
        smallest_pool=min(row["pool"] for row in hard.values()),
        largest_pool=max(row["pool"] for row in hard.values()),
    )


def _by_pair(rows: Sequence[Mapping[str, Any]], tie: Tie) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(row["query_language"], row["document_language"]): row for row in rows if row["tie"] == tie}
