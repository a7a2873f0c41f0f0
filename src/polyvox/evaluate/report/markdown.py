"""The report as Markdown: the tables of the page without its figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from polyvox.evaluate.report.extremes import best_and_worst
from polyvox.evaluate.report.failures import by_task, examples
from polyvox.evaluate.report.results import Figure, LanguageRow, Report, TestResult
from polyvox.evaluate.report.text import facts, headline, methods, notes_of
from polyvox.evaluate.report.words import (
    duration,
    interval_words,
    language_name,
    mark,
    pair_words,
    quantity,
    rounded,
    title_of,
)

_EXAMPLES = 5


def markdown_report(report: Report) -> str:
    """The whole text."""
    return "\n\n".join(part for part in _parts(report) if part) + "\n"


def figure_words(figure: Figure | None) -> str:
    """A number with its mark, interval, and score with ties won where that differs."""
    if figure is None:
        return "–"
    lucky = f" ({rounded(figure.optimistic)})" if figure.optimistic else ""
    return f"{mark(figure.verdict)} {interval_words(figure)}{lucky}".strip()


def _parts(report: Report) -> Iterator[str]:
    labels = [system.label for system in report.systems]
    yield f"# {headline(report)}"
    yield f"Made {report.made} by `polyvox report`."
    yield "## Systems"
    yield _table(
        [
            "system",
            "fingerprint",
            "dimension",
            "a vector",
            "a text",
            "a second of speech",
            "memory",
            "device",
        ],
        [
            [
                system.label,
                system.card.fingerprint,
                str(system.card.dimension),
                quantity(system.card.bytes_per_vector, "B"),
                duration(system.card.seconds_text),
                duration(system.card.seconds_speech),
                quantity(system.card.peak_memory, "B") if system.card.peak_memory else "–",
                system.card.device or "–",
            ]
            for system in report.systems
        ],
    )
    yield "## Summary"
    yield _table(
        ["test", "metric", "language pairs", "queries", *labels],
        [
            [
                title_of(one.test),
                one.metric,
                one.pairs_words,
                f"{one.queries:,}",
                *map(figure_words, one.mean),
            ]
            for one in report.tests
        ],
    )
    for result in report.tests:
        yield from _test(result, labels)
    yield from _failures(report)
    yield "## How the numbers were made"
    yield from methods(report)


def _test(result: TestResult, labels: Sequence[str]) -> Iterator[str]:
    yield f"## {title_of(result.test)}"
    yield "; ".join(f"{name}: {value}" for name, value in facts(result)) + "."
    if len({row.dimension for row in result.dimensions}) > 1:
        yield "### By dimension"
        yield _table(
            ["system", "dimension", "bytes a vector", "ms to encode", "ms to scan 100,000", result.metric],
            [
                [
                    labels[row.system],
                    str(row.dimension),
                    f"{row.bytes:,}",
                    rounded(row.encode_ms),
                    rounded(row.scan_ms),
                    figure_words(row.figure),
                ]
                for row in result.dimensions
            ],
        )
    if len(result.metrics) > 1:
        yield "### All metrics"
        rows = [
            [row.metric, *("–" if v is None else rounded(v) for v in row.values)] for row in result.metrics
        ]
        yield _table(["metric", *labels], rows)
    best, worst = best_and_worst(result)
    if worst:
        yield "### Best and worst languages"
        yield f"Best: {_listed(best)}."
        yield f"Worst: {_listed(worst)}."
    notes = notes_of(result)
    yield "### By language"
    yield _table(
        ["asked in", "searched", "pool", "queries", *labels],
        [
            [
                language_name(row.pair.query) + (f" ({notes.index(row.note) + 1})" if row.note else ""),
                language_name(row.pair.document),
                f"{row.pool:,}",
                f"{row.queries:,}",
                *map(figure_words, row.figures),
            ]
            for row in result.rows
        ],
    )
    yield "\n".join(f"({number}) {note}" for number, note in enumerate(notes, 1))


def _listed(rows: Sequence[LanguageRow]) -> str:
    return ", ".join(
        f"{pair_words(row.pair)} {rounded(next((one.value for one in row.figures if one), float('nan')))}"
        for row in rows
    )


def _failures(report: Report) -> Iterator[str]:
    for system in report.systems:
        for task, failures in by_task(system.failures).items():
            yield f"## Failures: {system.label}, {task}"
            yield _table(
                ["asked", "language", "wanted", "its rank", "got first"],
                [
                    [
                        one.query_text or f"recording {one.query_audio}",
                        one.query_language,
                        one.wanted_text,
                        f"{one.rank:,}" if one.rank else "not in the pool",
                        one.got[0].text or f"recording {one.got[0].audio}" if one.got else "nothing",
                    ]
                    for one in examples(failures, _EXAMPLES)
                ],
            )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_safe(cell) for cell in row) + " |" for row in lines)


def _safe(cell: str) -> str:
    return " ".join(cell.replace("|", "\\|").split())
