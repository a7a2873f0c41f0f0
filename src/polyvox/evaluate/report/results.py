"""What a report tells, computed: means with intervals, and which differences are more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from polyvox.evaluate.bootstrap import Interval
from polyvox.evaluate.folder import Failure, Sample, SystemCard
from polyvox.evaluate.report.scores import Pair, Test


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a score compares with the one that it is measured against; p-values are Holm's.

    `wins` is 1 where it is better, -1 where it is worse, 0 where that may be chance.
    """

    wins: int
    randomisation: float
    t_test: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a table; `optimistic`, with ties won, is None where that changes nothing to see."""

    value: float
    interval: Interval | None = None
    optimistic: float | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class LanguageRow:
    """One pair of languages; `figures` has one entry a system, None where it was not measured."""

    pair: Pair
    pool: int
    queries: int
    note: str
    figures: tuple[Figure | None, ...]


@dataclass(frozen=True, slots=True)
class DimensionRow:
    """One width of one system: the mean over language pairs, its cost, its difference from the full width.

    `encode_ms` is the time to encode one query, `scan_ms` that to score it against `SCANNED` vectors.
    """

    system: int
    dimension: int
    bytes: int
    encode_ms: float
    scan_ms: float
    figure: Figure


@dataclass(frozen=True, slots=True)
class MetricRow:
    """The mean over language pairs of one metric, a value a system, None where it was not measured."""

    metric: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class TestResult:
    """Everything that is told of one test.

    `mean` has one entry a system; it and `dimensions` are over the `common` language pairs that every system
    with this test was measured in.
    """

    test: Test
    metric: str
    revision: str
    relevance: str
    seeds: tuple[int, ...]
    rows: tuple[LanguageRow, ...]
    common: int
    mean: tuple[Figure | None, ...]
    dimensions: tuple[DimensionRow, ...]
    metrics: tuple[MetricRow, ...]

    @property
    def queries(self) -> int:
        """Queries of all language pairs."""
        return sum(row.queries for row in self.rows)

    @property
    def pairs_words(self) -> str:
        """How many language pairs the means are over."""
        every = len(self.rows)
        return f"{every:,}" if self.common == every else f"{self.common:,} of {every:,}"


@dataclass(frozen=True, slots=True)
class SystemResult:
    """One system: what made its numbers, its vectors for the map, its failures."""

    label: str
    card: SystemCard
    sample: Sample | None
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The contents of a report. `families` says how many comparisons each correction was for, by its name."""

    systems: tuple[SystemResult, ...]
    tests: tuple[TestResult, ...]
    families: dict[str, int]
    resamples: int
    rounds: int
    seed: int

    @property
    def made(self) -> str:
        """Today, as an ISO date."""
        return datetime.now(UTC).date().isoformat()


def measured_by_all(figures: Sequence[Figure | None]) -> bool:
    """Whether every system has this number."""
    return all(figure is not None for figure in figures)
