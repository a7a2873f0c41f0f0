"""The languages in which a test goes best and worst."""

from __future__ import annotations

from polyvox.evaluate.report.results import LanguageRow, TestResult

EXTREMES = 8
"""How many of each are shown; twice as many are shown all."""


def best_and_worst(
    result: TestResult, count: int = EXTREMES
) -> tuple[tuple[LanguageRow, ...], tuple[LanguageRow, ...]]:
    """Rows from the best down, and from the worst up, by the first system that was measured in all of them.

    Up to twice `count` rows are all among the best, and none among the worst; a single row is neither.
    """
    place = next(
        (place for place in range(len(result.mean)) if all(row.figures[place] for row in result.rows)), None
    )
    if place is None or len(result.rows) < 2:
        return (), ()
    ordered = tuple(sorted(result.rows, key=lambda row: -_value(row, place)))
    if len(ordered) <= 2 * count:
        return ordered, ()
    return ordered[:count], ordered[: -count - 1 : -1]


def _value(row: LanguageRow, place: int) -> float:
    figure = row.figures[place]
    return figure.value if figure else 0.0
