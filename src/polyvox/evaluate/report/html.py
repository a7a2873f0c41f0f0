"""The report as one HTML file that asks for nothing else."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Iterator
from html import escape
from importlib import resources

from polyvox.evaluate.report.failures import failure_section
from polyvox.evaluate.report.figures import figures_of, key, vector_maps
from polyvox.evaluate.report.results import Figure, Report, TestResult
from polyvox.evaluate.report.sound import Sounds
from polyvox.evaluate.report.text import facts, headline, methods, notes_of
from polyvox.evaluate.report.words import (
    duration,
    language_name,
    mark,
    quantity,
    rounded,
    title_of,
    verdict_words,
)


def html_report(report: Report, sounds: Sounds) -> str:
    """The whole page: styles, script, figures and recordings inside it, and a policy that forbids all else.

    Args:
        report: the contents.
        sounds: embeds the recordings of failures.
    """
    style, script = _part("style.css"), _part("behaviour.js")
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; media-src data:; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(headline(report))}</title>",
            f"<style>{style}</style>\n</head>\n<body>",
            *_body(report, sounds),
            f"<script>{script}</script>\n</body>\n</html>\n",
        ]
    )


def _part(name: str) -> str:
    return (resources.files("polyvox.evaluate.report") / name).read_text(encoding="utf-8")


def _digest(content: str) -> str:
    return "sha256-" + b64encode(hashlib.sha256(content.encode()).digest()).decode("ascii")


def _body(report: Report, sounds: Sounds) -> Iterator[str]:
    maps, failures = vector_maps(report), failure_section(report, sounds)
    yield '<a class="skip" href="#summary">Skip to the results</a>'
    yield f"<header><h1>{escape(headline(report))}</h1>"
    yield f'<p class="lead">Retrieval of speech and text by embedding. Made {report.made} by polyvox.</p>'
    yield _contents(report, bool(maps), bool(failures))
    yield "</header>\n<main>"
    yield _systems(report)
    yield _summary(report)
    for place, result in enumerate(report.tests):
        yield from _test(report, result, place)
    yield maps
    yield failures
    told = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in methods(report))
    yield f'<section id="methods"><h2>How the numbers were made</h2>{told}</section>'
    yield "</main>"


def _contents(report: Report, maps: bool, failures: bool) -> str:
    links = [("systems", "Systems"), ("summary", "Summary")]
    links += [(f"test{place}", title_of(result.test)) for place, result in enumerate(report.tests)]
    links += [("map", "Map")] * maps + [("failures", "Failures")] * failures + [("methods", "Methods")]
    items = "".join(f'<li><a href="#{name}">{escape(title)}</a></li>' for name, title in links)
    return f'<nav aria-label="Contents"><ul>{items}</ul></nav>'


def _table(caption: str, head: list[str], rows: list[str], kind: str = "", name: str = "") -> str:
    """Head cells and rows as HTML; wide ones scroll inside themselves, also by keyboard."""
    tall = " tall" if len(rows) > 24 else ""
    named = f' id="{name}"' if name else ""
    return (
        f'<p class="note">{escape(caption)}</p>'
        f'<div class="scroll{tall}" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table class="{kind}"{named}><thead><tr>{"".join(head)}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _head(*names: str, numbers_from: int = 1) -> list[str]:
    return [
        f'<th scope="col"{" class=n" if place >= numbers_from else ""}>{escape(name)}</th>'
        for place, name in enumerate(names)
    ]


def _systems(report: Report) -> str:
    head = _head(
        "system", "fingerprint", "vector", "text", "speech, a second", "peak memory", "device", numbers_from=2
    )
    rows = []
    for place, system in enumerate(report.systems):
        card = system.card
        vector = f"{card.dimension} × {card.precision}, {quantity(card.bytes_per_vector, 'B')}"
        memory = quantity(card.peak_memory, "B") if card.peak_memory else "–"
        numbers = [
            vector,
            duration(card.seconds_text),
            duration(card.seconds_speech),
            memory,
            card.device or "–",
        ]
        cells = "".join(f'<td class="n">{escape(number)}</td>' for number in numbers)
        rows.append(
            f'<tr><th scope="row">{key(place)}{escape(system.label)}</th>'
            f"<td><small>{escape(card.fingerprint)}</small></td>{cells}</tr>"
        )
    caption = "What was measured; times are to encode one text, and one second of speech"
    return f'<section id="systems"><h2>Systems</h2>{_table(caption, head, rows)}</section>'


def _summary(report: Report) -> str:
    rows = []
    lucky = _any_lucky(figure for result in report.tests for figure in result.mean)
    for place, result in enumerate(report.tests):
        name = f'<a href="#test{place}">{escape(title_of(result.test))}</a>'
        cells = "".join(_cell(figure, _leads(result.mean, figure), lucky=lucky) for figure in result.mean)
        rows.append(
            f'<tr><th scope="row">{name}</th><td>{escape(result.metric)}</td>'
            f'<td class="n">{result.pairs_words}</td><td class="n">{result.queries:,}</td>{cells}</tr>'
        )
    head = _head("test", "metric", "language pairs", "queries", *_labels(report), numbers_from=2)
    caption = "Mean over language pairs with its 95 % interval"
    if len(report.systems) > 1:
        caption += f"; ▲ better, ▼ worse than {report.systems[0].label}, beyond chance"
    return f'<section id="summary"><h2>Summary</h2>{_table(caption, head, rows)}</section>'


def _labels(report: Report) -> list[str]:
    return [system.label for system in report.systems]


def _leads(figures: tuple[Figure | None, ...], figure: Figure | None) -> bool:
    known = [one.value for one in figures if one]
    return (
        figure is not None and len(known) > 1 and known.count(max(known)) == 1 and figure.value == max(known)
    )


def _cell(figure: Figure | None, leads: bool = False, *, lucky: bool = False) -> str:
    """A number, its interval, and room for the score with ties won where some row of the table has one."""
    if figure is None:
        return '<td class="n soft">–</td>'
    value = f'<span class="best">{rounded(figure.value)}</span>' if leads else rounded(figure.value)
    spread = won = ""
    if figure.interval:
        spread = (
            f'<small class="ci">[{rounded(figure.interval.low)}, {rounded(figure.interval.high)}]</small>'
        )
    if lucky:
        shown = "" if figure.optimistic is None else f"({rounded(figure.optimistic)})"
        won = f'<small class="won">{shown}</small>'
    return f'<td class="n" data-value="{figure.value:.6f}">{_sign(figure)}{value}{spread}{won}</td>'


def _any_lucky(figures: Iterable[Figure | None]) -> bool:
    return any(figure is not None and figure.optimistic is not None for figure in figures)


def _sign(figure: Figure) -> str:
    sign = mark(figure.verdict)
    if not sign or figure.verdict is None:
        return ""
    kind = "up" if figure.verdict.wins > 0 else "down"
    told = escape(verdict_words(figure.verdict))
    return f'<span class="{kind}" role="img" aria-label="{told}" title="{told}">{sign}</span> '


def _test(report: Report, result: TestResult, place: int) -> Iterator[str]:
    yield f'<section id="test{place}"><h2>{escape(title_of(result.test))}</h2>'
    told = "".join(f"<span>{escape(name)} <b>{escape(value)}</b></span>" for name, value in facts(result))
    yield f'<div class="facts">{told}</div>'
    yield from figures_of(report, result)
    if len({row.dimension for row in result.dimensions}) > 1:
        yield _dimensions(report, result)
    if len(result.metrics) > 1:
        yield _metrics(report, result)
    yield _languages(report, result, place)
    yield "</section>"


def _dimensions(report: Report, result: TestResult) -> str:
    rows = []
    lucky = _any_lucky(row.figure for row in result.dimensions)
    for row in result.dimensions:
        label = f"{key(row.system)}{escape(report.systems[row.system].label)}"
        rows.append(
            f'<tr><th scope="row">{label}</th><td class="n">{row.dimension}</td>'
            f'<td class="n">{row.bytes:,}</td><td class="n">{rounded(row.encode_ms)}</td>'
            f'<td class="n">{rounded(row.scan_ms)}</td>{_cell(row.figure, lucky=lucky)}</tr>'
        )
    head = _head("system", "dimension", "bytes a vector", "ms to encode", "ms to scan 100,000", result.metric)
    caption = (
        "By dimension: mean over language pairs; ▼ worse than the same system's full width, beyond chance"
    )
    return "<h3>By dimension</h3>" + _table(caption, head, rows)


def _metrics(report: Report, result: TestResult) -> str:
    rows = []
    for row in result.metrics:
        cells = "".join(f'<td class="n">{"–" if v is None else rounded(v)}</td>' for v in row.values)
        rows.append(f'<tr><th scope="row">{escape(row.metric)}</th>{cells}</tr>')
    head = _head("metric", *_labels(report))
    return "<h3>All metrics</h3>" + _table("Means over language pairs, full width", head, rows)


def _languages(report: Report, result: TestResult, place: int) -> str:
    rows = []
    lucky = _any_lucky(figure for row in result.rows for figure in row.figures)
    notes = notes_of(result)
    for row in result.rows:
        cells = "".join(_cell(figure, _leads(row.figures, figure), lucky=lucky) for figure in row.figures)
        note = f" <small>({notes.index(row.note) + 1})</small>" if row.note else ""
        rows.append(
            f"<tr><td>{escape(language_name(row.pair.query))}{note}</td>"
            f"<td>{escape(language_name(row.pair.document))}</td>"
            f'<td class="n" data-value="{row.pool}">{row.pool:,}</td>'
            f'<td class="n" data-value="{row.queries}">{row.queries:,}</td>{cells}</tr>'
        )
    head = _head("asked in", "searched", "pool", "queries", *_labels(report), numbers_from=2)
    name = f"languages{place}"
    controls = ""
    if len(rows) > 12:
        controls = (
            f'<div class="controls" hidden><label for="filter{place}">Show only</label>'
            f'<input id="filter{place}" data-filters="{name}" type="search" placeholder="a language"></div>'
        )
    caption = f"{result.metric} by language with 95 % intervals over queries"
    told = "".join(f'<p class="note">({number}) {escape(note)}</p>' for number, note in enumerate(notes, 1))
    return f"<h3>By language</h3>{controls}" + _table(caption, head, rows, "sortable", name) + told
