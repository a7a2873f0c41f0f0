"""From the scores of systems to the contents of a report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from polyvox.evaluate.bootstrap import RESAMPLES, SEED, mean_interval, mean_of_groups
from polyvox.evaluate.report.cost import bytes_per_vector, scan_milliseconds
from polyvox.evaluate.report.families import Comparisons
from polyvox.evaluate.report.results import (
    DimensionRow,
    Figure,
    LanguageRow,
    MetricRow,
    Report,
    SystemResult,
    TestResult,
)
from polyvox.evaluate.report.scores import OPTIMISTIC, Cell, Pair, SystemScores, Test, primary_metric
from polyvox.item import Modality

Scores = NDArray[np.float64]


def compute_report(
    systems: Sequence[SystemScores], *, resamples: int = RESAMPLES, seed: int = SEED
) -> Report:
    """Intervals, comparisons with the first system, and comparisons of shorter widths with the full one.

    Args:
        systems: comparable ones, as `read_systems` gives them; the others are compared with the first.
        resamples: of each bootstrap.
        seed: of the bootstraps and the randomisation tests.

    Raises:
        MissingExtraError: scipy is not installed.
    """
    comparisons = Comparisons(seed)
    work = _Work(systems, comparisons, resamples, seed)
    tests = list(dict.fromkeys(test for system in systems for test in system.tests()))
    results = [work.test(test) for test in tests]
    comparisons.judge()
    return Report(
        systems=tuple(SystemResult(one.label, one.card, one.sample, one.failures) for one in systems),
        tests=tuple(_judged(result, comparisons) for result in results),
        families=comparisons.sizes(),
        resamples=resamples,
        rounds=comparisons.rounds(),
        seed=seed,
    )


class _Work:
    """Computes one test after the other, and leaves comparisons to be judged when all are known."""

    def __init__(
        self, systems: Sequence[SystemScores], comparisons: Comparisons, resamples: int, seed: int
    ) -> None:
        self.systems = systems
        self.comparisons = comparisons
        self.resamples = resamples
        self.seed = seed

    def test(self, test: Test) -> TestResult:
        having = [system for system in self.systems if system.has(test)]
        metric = primary_metric(having, test)
        pairs = list(dict.fromkeys(c.pair for one in having for c in one.cells(test) if c.metric == metric))
        common = self._common(test, metric, pairs)
        first = having[0].summaries[_cells(having[0], test, metric)[0]]
        return TestResult(
            test=test,
            metric=metric,
            revision=first.revision,
            relevance=first.relevance,
            seeds=tuple(sorted({one.summaries[c].seed for one in having for c in one.cells(test)})),
            rows=tuple(self._row(test, metric, pair) for pair in pairs),
            common=len(common),
            mean=self._mean(test, metric, common),
            dimensions=tuple(self._dimensions(test, metric, common)),
            metrics=tuple(self._metrics(having, test, common)),
        )

    def _common(self, test: Test, metric: str, pairs: Sequence[Pair]) -> list[Pair]:
        """Pairs of languages that every system with this test has."""
        having = [system for system in self.systems if system.has(test)]
        return [
            pair
            for pair in pairs
            if all(_full(system, test, pair, metric) in system.summaries for system in having)
        ]

    def _row(self, test: Test, metric: str, pair: Pair) -> LanguageRow:
        cells = [_full(one, test, pair, metric) if one.has(test) else None for one in self.systems]
        figures = [self._figure(one, cell) for one, cell in zip(self.systems, cells, strict=True)]
        base = self.systems[0].sorted_values(cells[0]) if cells[0] else None
        for place, (system, cell) in enumerate(zip(self.systems, cells, strict=True)):
            values = system.sorted_values(cell) if place and cell else None
            self.comparisons.add("languages", (test, pair, place), values, base)
        summary = next(
            one.summaries[cell]
            for one, cell in zip(self.systems, cells, strict=True)
            if cell and cell in one.summaries
        )
        return LanguageRow(pair, summary.pool, summary.queries, summary.note, tuple(figures))

    def _figure(self, system: SystemScores, cell: Cell | None) -> Figure | None:
        if cell is None or cell not in system.summaries:
            return None
        value = system.summaries[cell].value
        values = system.checked_values(cell)
        lucky = system.summaries.get(replace(cell, tie=OPTIMISTIC))
        return Figure(
            value=value,
            interval=None
            if values is None
            else mean_interval(values, resamples=self.resamples, seed=self.seed),
            optimistic=lucky.value if lucky is not None and _visible(lucky.value - value) else None,
        )

    def _mean(self, test: Test, metric: str, pairs: Sequence[Pair]) -> tuple[Figure | None, ...]:
        base = self._weighted(self.systems[0], test, metric, pairs, None)
        for place, system in enumerate(self.systems):
            values = self._weighted(system, test, metric, pairs, None) if place else None
            self.comparisons.add("tests", (test, place), values, base)
        return tuple(self._mean_figure(system, test, metric, pairs, None) for system in self.systems)

    def _mean_figure(
        self, system: SystemScores, test: Test, metric: str, pairs: Sequence[Pair], dimension: int | None
    ) -> Figure | None:
        """The unweighted mean over pairs at a width (the full one where None)."""
        if not system.has(test) or not pairs:
            return None
        cells = [_full(system, test, pair, metric, dimension) for pair in pairs]
        groups = [system.checked_values(cell) for cell in cells]
        value = float(np.mean([system.summaries[cell].value for cell in cells]))
        known = [group for group in groups if group is not None]
        found = (
            mean_of_groups(known, resamples=self.resamples, seed=self.seed)
            if len(known) == len(cells)
            else None
        )
        lucky = [
            system.summaries.get(replace(cell, tie=OPTIMISTIC), system.summaries[cell]).value
            for cell in cells
        ]
        optimistic = float(np.mean(lucky))
        return Figure(value, found, optimistic if _visible(optimistic - value) else None)

    def _weighted(
        self, system: SystemScores, test: Test, metric: str, pairs: Sequence[Pair], dimension: int | None
    ) -> Scores | None:
        """All queries' scores, so weighted that their sum is the mean over pairs."""
        if not system.has(test) or not pairs:
            return None
        groups = [system.sorted_values(_full(system, test, pair, metric, dimension)) for pair in pairs]
        known = [group for group in groups if group is not None]
        if len(known) < len(pairs):
            return None
        return np.concatenate([group.astype(np.float64) / (len(group) * len(pairs)) for group in known])

    def _dimensions(self, test: Test, metric: str, common: Sequence[Pair]) -> Iterator[DimensionRow]:
        for place, system in enumerate(self.systems):
            cells = _cells(system, test, metric) if system.has(test) else []
            widths = sorted({cell.dimension for cell in cells}, reverse=True)
            for width in widths:
                measured = {c.pair for c in cells if c.dimension == width and c.tie != OPTIMISTIC}
                pairs = [pair for pair in common if pair in measured]
                figure = self._mean_figure(system, test, metric, pairs, width)
                if figure is None:
                    continue
                full = None if width == widths[0] else self._weighted(system, test, metric, pairs, None)
                own = self._weighted(system, test, metric, pairs, width)
                self.comparisons.add(
                    "dimensions", (test, place, width), own if full is not None else None, full
                )
                yield DimensionRow(
                    place,
                    width,
                    bytes_per_vector(width, widths[0], system.card.bytes_per_vector or 4 * widths[0]),
                    _encode_ms(system, test),
                    scan_milliseconds(width),
                    figure,
                )

    def _metrics(
        self, having: Sequence[SystemScores], test: Test, pairs: Sequence[Pair]
    ) -> Iterator[MetricRow]:
        """Means over the pairs of the language table, or over what a metric has, such as all at once."""
        cells = {cell for system in having for cell in system.cells(test)}
        for metric in dict.fromkeys(cell.metric for system in having for cell in system.cells(test)):
            own = {cell.pair for cell in cells if cell.metric == metric}
            kept = own.intersection(pairs) or own
            values = tuple(_mean_value(system, test, metric, kept) for system in self.systems)
            if any(value is not None for value in values):
                yield MetricRow(metric, values)


def _mean_value(system: SystemScores, test: Test, metric: str, pairs: Iterable[Pair]) -> float | None:
    if not system.has(test):
        return None
    cells = [_full(system, test, pair, metric) for pair in sorted(pairs)]
    values = [system.summaries[cell].value for cell in cells if cell in system.summaries]
    return float(np.mean(values)) if values else None


def _visible(difference: float) -> bool:
    """Whether a difference shows in the third decimal place."""
    return abs(difference) >= 5e-4


def _cells(system: SystemScores, test: Test, metric: str) -> list[Cell]:
    return [cell for cell in system.cells(test) if cell.metric == metric]


def _full(system: SystemScores, test: Test, pair: Pair, metric: str, dimension: int | None = None) -> Cell:
    return Cell(test, pair, dimension or system.width(test), metric)


def _encode_ms(system: SystemScores, test: Test) -> float:
    """Milliseconds for one text query, or for one second of a spoken one; NaN where unknown."""
    spoken = test.query_modality == Modality.SPEECH
    return 1_000 * (system.card.seconds_speech if spoken else system.card.seconds_text)


def _judged(result: TestResult, comparisons: Comparisons) -> TestResult:
    """The same with the verdicts filled in."""

    def judged(figure: Figure | None, family: str, address: object) -> Figure | None:
        return figure and replace(figure, verdict=comparisons.verdict(family, address))

    rows = tuple(
        replace(
            row,
            figures=tuple(
                judged(figure, "languages", (result.test, row.pair, place))
                for place, figure in enumerate(row.figures)
            ),
        )
        for row in result.rows
    )
    mean = tuple(judged(figure, "tests", (result.test, place)) for place, figure in enumerate(result.mean))
    dimensions = tuple(
        replace(
            row,
            figure=replace(
                row.figure,
                verdict=comparisons.verdict("dimensions", (result.test, row.system, row.dimension)),
            ),
        )
        for row in result.dimensions
    )
    return replace(result, rows=rows, mean=mean, dimensions=dimensions)
