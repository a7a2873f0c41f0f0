"""The scores of one system, found by what they measure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from polyvox.errors import PolyvoxError
from polyvox.evaluate.declaration import built_in_tasks
from polyvox.evaluate.folder import KEY, Evaluation, Failure, Sample, SystemCard

PESSIMISTIC, OPTIMISTIC = "pessimistic", "optimistic"
_ROUNDING = 1e-3
PREFERRED = ("Hits@1", "P@1", "R@1", "Success@1", "nDCG@10", "RR", "MRR", "accuracy", "Spearman")
"""Which metric a test of a task that is not built in is told by, the first that it has."""


@dataclass(frozen=True, slots=True, order=True)
class Test:
    """One task in one direction: what can be told in one table."""

    task: str
    direction: str
    query_modality: str
    document_modality: str


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """The language that is asked in and the one that is searched."""

    query: str
    document: str


@dataclass(frozen=True, slots=True)
class Cell:
    """The address of one number of a system."""

    test: Test
    pair: Pair
    dimension: int
    metric: str
    tie: str = PESSIMISTIC


@dataclass(frozen=True, slots=True)
class Summary:
    """One number and the circumstances that it was measured in."""

    value: float
    pool: int
    queries: int
    seed: int
    relevance: str
    note: str
    revision: str


class SystemScores:
    """One system's evaluation, by cell.

    Args:
        evaluation: as read from its folder.
        label: what the report calls it; differs from that of the other systems.
    """

    def __init__(self, evaluation: Evaluation, label: str) -> None:
        self.card: SystemCard = evaluation.card
        self.label = label
        self.failures: tuple[Failure, ...] = tuple(evaluation.failures)
        self.sample: Sample | None = evaluation.sample
        self.summaries: Mapping[Cell, Summary] = dict(_summaries(evaluation.summary))
        self._by_test = _by_test(self.summaries)
        scores = evaluation.scores.unify_dictionaries().combine_chunks()
        self._ids = scores["query_id"].combine_chunks() if scores.num_rows else pa.array([], pa.string())
        self._values: NDArray[np.float32] = scores["value"].to_numpy()
        self._order, self._places = _grouped(scores)

    def move(self, tests: Mapping[tuple[Test, Pair], Test]) -> None:
        """Put language pairs of a test into other tests."""

        def moved(cell: Cell) -> Cell:
            return replace(cell, test=tests.get((cell.test, cell.pair), cell.test))

        self.summaries = {moved(cell): summary for cell, summary in self.summaries.items()}
        self._places = {moved(cell): places for cell, places in self._places.items()}
        self._by_test = _by_test(self.summaries)

    def values(self, cell: Cell) -> NDArray[np.float32] | None:
        """Shape (queries,), one score a query; None where the metric has none."""
        places = self._places.get(cell)
        return None if places is None else self._values[self._order[places]]

    def checked_values(self, cell: Cell) -> NDArray[np.float32] | None:
        """Scores whose mean is the summary's value; None where the metric is no mean of theirs.

        Raises:
            PolyvoxError: the metric is such a mean, but the two files disagree.
        """
        values = self.values(cell)
        if (
            values is None
            or abs(float(values.mean(dtype=np.float64)) - self.summaries[cell].value) < _ROUNDING
        ):
            return values
        if cell.metric not in PREFERRED:
            return None
        raise PolyvoxError(
            f"{self.label}: {cell.test.task}, {cell.pair.query} → {cell.pair.document}, {cell.metric}: the "
            f"scores of the queries have the mean {values.mean():.4f}, the summary says "
            f"{self.summaries[cell].value:.4f}; evaluate this system again"
        )

    def sorted_values(self, cell: Cell) -> NDArray[np.float32] | None:
        """Shape (queries,), in the order of the queries' names, so that two systems' scores pair."""
        values = self.values(cell)
        return None if values is None else values[np.argsort(self.query_ids(cell), kind="stable")]

    def query_ids(self, cell: Cell) -> NDArray[np.str_]:
        """Shape (queries,), in the order of `values`."""
        ids = self._ids.take(pa.array(self._order[self._places[cell]]))
        found: NDArray[np.str_] = ids.to_numpy(zero_copy_only=False).astype(np.str_)
        return found

    def tests(self) -> list[Test]:
        """The tests that were run, in the folder's order."""
        return list(self._by_test)

    def has(self, test: Test) -> bool:
        """Whether a test was run."""
        return test in self._by_test

    def cells(self, test: Test) -> list[Cell]:
        """All cells of a test, in the folder's order."""
        return self._by_test.get(test, [])

    def width(self, test: Test) -> int:
        """The full dimension that the test was run at."""
        return max(cell.dimension for cell in self._by_test[test])


def primary_metric(systems: list[SystemScores], test: Test) -> str:
    """The metric that a test is told by, of those that every system has.

    It is the primary one of a built-in task, else the first preferred one, else the first in the folder.
    """
    having = [{cell.metric: None for cell in system.cells(test)} for system in systems if system.cells(test)]
    shared = [metric for metric in having[0] if all(metric in others for others in having[1:])]
    if not shared:
        shared = list(having[0])
    declared = built_in_tasks().get(test.task)
    wanted = (declared.primary, *PREFERRED) if declared else PREFERRED
    return next((metric for metric in wanted if metric in shared), shared[0])


def _by_test(cells: Iterable[Cell]) -> dict[Test, list[Cell]]:
    found: dict[Test, list[Cell]] = {}
    for cell in cells:
        found.setdefault(cell.test, []).append(cell)
    return found


def _summaries(table: pa.Table) -> Iterator[tuple[Cell, Summary]]:
    for row in table.to_pylist():
        yield (
            _cell(row),
            Summary(
                row["value"],
                row["pool"],
                row["queries"],
                row["seed"],
                row["relevance"] or "",
                row["note"] or "",
                row["revision"] or "",
            ),
        )


def _cell(row: Mapping[str, Any]) -> Cell:
    test = Test(row["task"], row["direction"], row["query_modality"], row["document_modality"])
    pair = Pair(row["query_language"], row["document_language"])
    return Cell(test, pair, row["dimension"], row["metric"], row["tie"])


def _grouped(scores: pa.Table) -> tuple[NDArray[np.int64], dict[Cell, slice]]:
    """Rows sorted by their cell, and where in that order each cell lies."""
    if not scores.num_rows:
        return np.zeros(0, np.int64), {}
    codes = np.zeros(scores.num_rows, np.int64)
    for name in KEY:
        column = scores[name].combine_chunks()
        if pa.types.is_dictionary(column.type):
            numbers, kinds = column.indices.to_numpy(), len(column.dictionary)
        else:
            kept, numbers = np.unique(column.to_numpy(), return_inverse=True)
            kinds = len(kept)
        codes = codes * max(kinds, 1) + numbers
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    firsts = scores.take(pa.array(order[starts])).select(KEY).to_pylist()
    ends = [*starts[1:], len(order)]
    return order, {
        _cell(row): slice(int(begin), int(end)) for row, begin, end in zip(firsts, starts, ends, strict=True)
    }
