"""The figures of the report: cost and accuracy, languages, language pairs, and the map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isnan, log2

from polyvox.evaluate.folder import Sample
from polyvox.evaluate.map import principal_plane
from polyvox.evaluate.report.results import DimensionRow, LanguageRow, TestResult
from polyvox.evaluate.report.svg import Scale, dot, drawing, line, marked, path, text, ticks
from polyvox.evaluate.report.words import (
    heat_step,
    interval_words,
    language_name,
    pair_words,
    quantity,
    rounded,
)
from polyvox.item import Modality

Places = Callable[[DimensionRow], float]
_LONGEST_NAME = 22


def cost_by_bytes(result: TestResult, labels: Sequence[str]) -> str:
    """Accuracy over the bytes of a vector, each doubling one step."""
    return _cost(
        result,
        labels,
        lambda row: log2(row.bytes),
        lambda row: quantity(row.bytes, "B"),
        "bytes a vector",
    )


def cost_by_milliseconds(result: TestResult, labels: Sequence[str]) -> str:
    """Accuracy over the milliseconds of a query; empty where no encoding time is known."""
    if any(isnan(row.encode_ms) for row in result.dimensions):
        return ""
    return _cost(
        result,
        labels,
        lambda row: log2(row.encode_ms + row.scan_ms),
        lambda row: rounded(row.encode_ms + row.scan_ms),
        "milliseconds a query",
    )


def _cost(
    result: TestResult, labels: Sequence[str], place: Places, name: Callable[[DimensionRow], str], axis: str
) -> str:
    width, height, left, right, top, bottom = 420.0, 270.0, 46.0, 16.0, 26.0, 44.0
    rows = result.dimensions
    tops = [row.figure.interval.high if row.figure.interval else row.figure.value for row in rows]
    high = max(ticks(0, max(*tops, 1e-3) * 1.12)[-1], max(tops)) or 1.0
    places = [place(row) for row in rows]
    x = Scale(min(places) - 0.25, max(places) + 0.35, left, width - right)
    y = Scale(0, high, height - bottom, top)
    parts = [text(0, 11, result.metric, "axis"), *_value_axis(y, left, width - right)]
    parts += _cost_ticks(rows, x, place, name, height - bottom)
    for system in sorted({row.system for row in rows}):
        own = [row for row in rows if row.system == system]
        parts.append(path([(x(place(row)), y(row.figure.value)) for row in own], f"curve s{system % 6}"))
        for row in own:
            parts.append(_whisker(x(place(row)), y, row, labels[system]))
    parts.append(text((left + width - right) / 2, height - 6, axis, "axis", "middle"))
    told = "; ".join(
        f"{labels[row.system]} at {row.dimension} dimensions {rounded(row.figure.value)}" for row in rows
    )
    return drawing(width, height, f"{result.metric} by {axis}", told, parts)


def _cost_ticks(
    rows: Sequence[DimensionRow], x: Scale, place: Places, name: Callable[[DimensionRow], str], y: float
) -> list[str]:
    """A label below each point, left out where it would run into the one before."""
    parts, last = [], -100.0
    for row in sorted(rows, key=place):
        at = x(place(row))
        if at - last < 34:
            continue
        parts.append(line(at, y, at, y + 4, "rule"))
        parts.append(text(at, y + 17, name(row), "tick", "middle"))
        last = at
    return parts


def _whisker(at: float, y: Scale, row: DimensionRow, label: str) -> str:
    figure = row.figure
    parts = []
    if figure.interval:
        parts.append(
            line(at, y(figure.interval.low), at, y(figure.interval.high), f"whisker s{row.system % 6}")
        )
    parts.append(dot(at, y(figure.value), row.system))
    tip = f"{label}, {row.dimension} dimensions: {interval_words(figure)}, {row.bytes:,} bytes a vector"
    return marked("".join(parts), tip)


def _value_axis(y: Scale, left: float, right: float) -> list[str]:
    parts = []
    for value in ticks(y.low, y.high):
        parts.append(line(left, y(value), right, y(value), "grid"))
        parts.append(text(left - 7, y(value) + 4, rounded(value, 2), "tick", "end"))
    return parts


def language_dots(result: TestResult, rows: Sequence[LanguageRow], labels: Sequence[str], title: str) -> str:
    """One line a language pair, a mark and an interval for each system."""
    step, left, right, top, width = 24.0, 150.0, 18.0, 26.0, 420.0
    height = top + step * len(rows) + 26
    # All languages of the test share one axis, so that figures side by side compare.
    every = [figure for row in result.rows for figure in row.figures if figure]
    high = max([figure.interval.high if figure.interval else figure.value for figure in every] + [1e-3])
    x = Scale(min(0.0, *(figure.value for figure in every)), high, left, width - right)
    parts = [text(0, 12, title, "caption")]
    for value in ticks(x.low, x.high, 4):
        parts.append(line(x(value), top - 4, x(value), height - 24, "grid"))
        parts.append(text(x(value), height - 8, rounded(value, 2), "tick", "middle"))
    for place, row in enumerate(rows):
        middle = top + step * (place + 0.5)
        parts.append(text(left - 10, middle + 4, _row_name(result, row), "label", "end"))
        parts += _dots(row, labels, x, middle)
    told = "; ".join(
        f"{pair_words(row.pair)} "
        + ", ".join(interval_words(figure) for figure in row.figures if figure is not None)
        for row in rows
    )
    return drawing(width, height, f"{title}: {result.metric}", told, parts)


def _row_name(result: TestResult, row: LanguageRow) -> str:
    documents = {other.pair.document for other in result.rows}
    queries = {other.pair.query for other in result.rows}
    if len(documents) == 1 or row.pair.query == row.pair.document:
        return _short_name(row.pair.query)
    if len(queries) == 1:
        return _short_name(row.pair.document)
    return pair_words(row.pair)


def _short_name(tag: str) -> str:
    name = language_name(tag)
    return name if len(name) <= _LONGEST_NAME else tag


def _dots(row: LanguageRow, labels: Sequence[str], x: Scale, middle: float) -> list[str]:
    parts = []
    measured = [(place, figure) for place, figure in enumerate(row.figures) if figure is not None]
    for rank, (place, figure) in enumerate(measured):
        y = middle + (rank - (len(measured) - 1) / 2) * 7
        drawn = dot(x(figure.value), y, place, 3.4)
        if figure.interval:
            low, high = figure.interval.low, figure.interval.high
            drawn = line(x(low), y, x(high), y, f"whisker s{place % 6}") + drawn
        parts.append(marked(drawn, f"{labels[place]}, {pair_words(row.pair)}: {interval_words(figure)}"))
    return parts


def heat_map(result: TestResult, system: int, label: str) -> str:
    """Query languages down, document languages across; empty where pairs are too few for a picture."""
    queries = sorted({row.pair.query for row in result.rows})
    documents = sorted({row.pair.document for row in result.rows})
    cells = {
        (row.pair.query, row.pair.document): figure
        for row in result.rows
        if (figure := row.figures[system]) is not None
    }
    if min(len(queries), len(documents)) < 2 or len(cells) < 0.3 * len(queries) * len(documents):
        return ""
    size = 30.0 if len(documents) <= 20 else 17.0
    left, top = 62.0, 50.0
    highest = max((figure.value for figure in cells.values()), default=1.0) or 1.0
    parts = [text(left, 14, "searched ⟶", "axis"), text(0, top - 8, "asked", "axis")]
    for place, tag in enumerate(documents):
        x = left + size * (place + 0.5)
        parts.append(
            f'<text transform="translate({x + 4:.1f} {top - 6:.1f}) rotate(-60)" class="tick">{tag}</text>'
        )
    for down, asked in enumerate(queries):
        parts.append(text(left - 8, top + size * (down + 0.5) + 4, asked, "tick", "end"))
        for across, searched in enumerate(documents):
            figure = cells.get((asked, searched))
            step = None if figure is None else heat_step(figure.value, highest)
            parts.append(
                _square(left + size * across, top + size * down, size, step, figure.value if figure else None)
            )
            if figure is not None:
                parts[-1] = marked(parts[-1], f"{asked} → {searched}: {interval_words(figure)}")
    told = f"{len(cells)} language pairs, from 0 to {rounded(highest)}; the table by language has the numbers"
    width, height = left + size * len(documents) + 30, top + size * len(queries) + 6
    return drawing(width, height, f"{label}: {result.metric} by language pair", told, parts)


def _square(x: float, y: float, size: float, step: int | None, value: float | None) -> str:
    if step is None or value is None:
        return ""
    drawn = (
        f'<rect x="{x + 0.5:.1f}" y="{y + 0.5:.1f}" width="{size - 1:.1f}" height="{size - 1:.1f}" '
        f'rx="1.5" class="h{step}"/>'
    )
    if size < 25:
        return drawn
    kind = "onheat dark" if step > 5 else "onheat"
    return drawn + text(x + size / 2, y + size / 2 + 3.5, f"{100 * value:.0f}", kind, "middle")


def vector_map(sample: Sample, label: str) -> str:
    """Speech and text vectors on their principal plane."""
    width, height, edge = 460.0, 400.0, 26.0
    plane = principal_plane(sample.vectors)
    low, high = plane.points.min(0), plane.points.max(0)
    # One scale for both axes, or distances on the map would lie.
    half = max(float((high - low).max()) / 2 * 1.04, 1e-9)
    middle = (low + high) / 2
    room = min(width, height) / 2 - edge
    parts = [
        line(edge, height - edge, width - edge, height - edge, "rule"),
        line(edge, edge, edge, height - edge, "rule"),
    ]
    order = sorted(range(len(plane.points)), key=lambda place: sample.modality[place] == Modality.SPEECH)
    for place in order:
        x = width / 2 + (plane.points[place, 0] - middle[0]) / half * room
        y = height / 2 - (plane.points[place, 1] - middle[1]) / half * room
        parts.append(_point(float(x), float(y), sample, place))
    first, second = plane.explained
    parts.append(text(width / 2, height - 6, f"first axis, {first:.0%} of the variance", "axis", "middle"))
    parts.append(
        f'<text transform="translate(14 {height / 2:.0f}) rotate(-90)" text-anchor="middle" class="axis">'
        f"second axis, {second:.0%}</text>"
    )
    spoken = int((sample.modality == Modality.SPEECH).sum())
    told = f"{spoken} recordings and {len(sample.modality) - spoken} texts on two principal axes"
    return drawing(width, height, f"Map of {label}", told, parts)


def _point(x: float, y: float, sample: Sample, place: int) -> str:
    kind, language, words = sample.modality[place], sample.language[place], str(sample.text[place])
    shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" class="{kind}" data-language="{language}"/>'
    return marked(shape, f"{kind}, {language}: {words[:80]}")
