"""Which figures a test gets, with captions."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import numpy as np

from polyvox.evaluate.report.charts import (
    cost_by_bytes,
    cost_by_milliseconds,
    heat_map,
    language_dots,
    vector_map,
)
from polyvox.evaluate.report.cost import SCANNED
from polyvox.evaluate.report.extremes import best_and_worst
from polyvox.evaluate.report.results import Report, SystemResult, TestResult
from polyvox.evaluate.report.svg import dot
from polyvox.evaluate.report.words import language_name
from polyvox.item import Modality


def key(system: int) -> str:
    """The mark of a system, beside its name."""
    return f'<svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">{dot(7, 7, system, 4)}</svg>'


def figures_of(report: Report, result: TestResult) -> Iterator[str]:
    """Cost and accuracy, the best and worst languages, the language pairs: what there is enough of."""
    labels = [system.label for system in report.systems]
    if len({row.dimension for row in result.dimensions}) > 1:
        yield "<h3>Cost and accuracy</h3>" + _legend(labels)
        drawn = [cost_by_bytes(result, labels), cost_by_milliseconds(result, labels)]
        yield _side_by_side(drawn, _cost_caption(result))
    best, worst = best_and_worst(result)
    if best:
        yield ("<h3>Best and worst languages</h3>" if worst else "<h3>Languages</h3>") + _legend(labels)
        drawn = [language_dots(result, best, labels, "Best" if worst else result.metric)]
        if worst:
            drawn.append(language_dots(result, worst, labels, "Worst"))
        caption = f"{result.metric} with 95 % intervals, ordered by {labels[0]}; all are in the table below."
        yield _side_by_side(drawn, caption)
    yield _heats(result, labels)


def _heats(result: TestResult, labels: list[str]) -> str:
    drawn = [(label, heat_map(result, place, label)) for place, label in enumerate(labels)]
    figures = "".join(
        f'<div><p class="note">{key(place)} {escape(label)}</p><div class="scroll" tabindex="0" '
        f'role="region" aria-label="Language pairs of {escape(label)}">{heat}</div></div>'
        for place, (label, heat) in enumerate(drawn)
        if heat
    )
    if not figures:
        return ""
    return (
        f'<h3>Language by language</h3><figure class="heat"><div class="figures">{figures}</div><figcaption>'
        f"{escape(result.metric)} for each language asked in (down) and searched (across); the stronger the "
        "colour the higher, numbers are hundredths.</figcaption></figure>"
    )


def vector_maps(report: Report) -> str:
    """The section with a map for each system that kept vectors; empty where none did."""
    shown = [(place, system) for place, system in enumerate(report.systems) if system.sample is not None]
    if not shown:
        return ""
    figures = "".join(_map(place, system) for place, system in shown)
    return (
        '<section id="map"><h2>Map of speech and text</h2><p>Up to 2,000 vectors of queries and documents on '
        "the two axes along which they spread most (their principal components). Much of the "
        "variance lies on other axes: what is far apart here is far apart, what is near need not be near.</p>"
        f'<div class="figures">{figures}</div></section>'
    )


def _map(place: int, system: SystemResult) -> str:
    sample = system.sample
    assert sample is not None  # noqa: S101 - told to mypy; the caller has looked
    languages = sorted(set(map(str, sample.language)))
    options = "".join(
        f'<option value="{escape(tag)}">{escape(language_name(tag))}</option>' for tag in languages
    )
    spoken = sample.modality == Modality.SPEECH
    kinds = [("speech", int(spoken.sum())), ("text", int((~spoken).sum()))]
    entries = "".join(
        f'<li><svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">'
        f'<circle cx="6" cy="6" r="4" class="{kind}"/></svg>{kind} ({number:,})</li>'
        for kind, number in kinds
        if number
    )
    return (
        f'<figure><h3>{key(place)}{escape(system.label)}</h3><ul class="key">{entries}</ul>'
        f'<div class="controls" hidden><label for="language{place}">Highlight</label>'
        f'<select id="language{place}" data-map="map{place}"><option value="">all languages</option>{options}'
        f'</select></div><div id="map{place}">{vector_map(sample, system.label)}</div>'
        f"<figcaption>{escape(_gap_words(system))}</figcaption></figure>"
    )


def _gap_words(system: SystemResult) -> str:
    """How far the two kinds lie apart, as the table alternative of the map."""
    sample = system.sample
    assert sample is not None  # noqa: S101 - told to mypy; the caller has looked
    spoken = sample.modality == Modality.SPEECH
    if spoken.all() or not spoken.any():
        return f"{len(spoken):,} vectors of {len(set(map(str, sample.language)))} languages."
    gap = float(np.linalg.norm(sample.vectors[spoken].mean(0) - sample.vectors[~spoken].mean(0)))
    return (
        f"{len(spoken):,} vectors of {len(set(map(str, sample.language)))} languages; the mean of speech and "
        f"the mean of text are {gap:.2f} apart (vectors have length 1)."
    )


def _legend(labels: list[str]) -> str:
    if len(labels) < 2:
        return ""
    entries = "".join(f"<li>{key(place)}{escape(label)}</li>" for place, label in enumerate(labels))
    return f'<ul class="key">{entries}</ul>'


def _side_by_side(drawn: list[str], caption: str) -> str:
    figures = "".join(f"<div>{one}</div>" for one in drawn if one)
    return f'<figure><div class="figures">{figures}</div><figcaption>{escape(caption)}</figcaption></figure>'


def _cost_caption(result: TestResult) -> str:
    what = "a second of a spoken query" if result.test.query_modality == Modality.SPEECH else "a query"
    return (
        f"{result.metric}, mean over language pairs with 95 % intervals, at each width of the vectors. "
        f"Milliseconds are to encode {what} and to score it against {SCANNED:,} vectors; the scoring was "
        "timed when this report was made."
    )
