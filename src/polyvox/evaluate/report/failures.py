"""Examples of failures: what was asked, what was wanted, what came instead, to read and to play."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from html import escape

from polyvox.errors import ReadError
from polyvox.evaluate.folder import Answer, Failure
from polyvox.evaluate.report.results import Report
from polyvox.evaluate.report.sound import Sounds
from polyvox.evaluate.report.words import language_name, rounded

EXAMPLES = 12
"""How many a system and task; languages take turns."""


def examples(failures: Sequence[Failure], count: int = EXAMPLES) -> list[Failure]:
    """Some of one task's failures, one language after the other, in their order."""
    by_language: dict[str, list[Failure]] = defaultdict(list)
    for failure in failures:
        by_language[failure.query_language].append(failure)
    turns = [(turn, tag, one) for tag, own in by_language.items() for turn, one in enumerate(own)]
    chosen = sorted(turns, key=lambda entry: entry[0])[:count]
    return [failure for _, _, failure in chosen]


def by_task(failures: Sequence[Failure]) -> dict[str, list[Failure]]:
    """Failures of each task, in the folder's order."""
    found: dict[str, list[Failure]] = defaultdict(list)
    for failure in failures:
        found[failure.task].append(failure)
    return dict(found)


def failure_section(report: Report, sounds: Sounds) -> str:
    """The section with examples of every system and task; empty where nothing failed."""
    if not any(system.failures for system in report.systems):
        return ""
    parts = [
        '<section id="failures"><h2>Failures</h2><p>Queries whose first hit was wrong, languages in turn. '
        "Every kept failure is in the evaluation folder, in <code>failures.jsonl</code>.</p>"
    ]
    opened = False
    for system in report.systems:
        if system.failures:
            parts.append(f"<h3>{escape(system.label)}</h3>")
        for task, failures in by_task(system.failures).items():
            shown = examples(failures)
            title = f"{escape(task)}: {len(shown)} of {len(failures):,} kept failures"
            cards = "".join("".join(_card(failure, sounds)) for failure in shown)
            parts.append(f"<details{'' if opened else ' open'}><summary>{title}</summary>{cards}</details>")
            opened = True
    return "".join(parts) + "</section>"


def _card(failure: Failure, sounds: Sounds) -> Iterator[str]:
    language = failure.query_language
    yield '<article class="failure"><dl>'
    yield f"<dt>Asked, {escape(language_name(language))}</dt><dd>"
    yield _shown(failure.query_text, failure.query_audio, "the query", sounds, language=language) + "</dd>"
    rank = f"its rank: {failure.rank:,}" if failure.rank else "not in the pool"
    yield f"<dt>Wanted ({rank})</dt><dd>{_words(failure.wanted_text)}</dd></dl><div><dl><dt>Got</dt></dl><ol>"
    for answer in failure.got:
        yield f"<li>{_answer(answer, sounds)}</li>"
    yield "</ol></div></article>"


def _answer(answer: Answer, sounds: Sounds) -> str:
    score = f'<span class="score">{rounded(answer.score)}</span>'
    return _shown(answer.text, answer.audio, "this hit", sounds, after=score)


def _shown(
    words: str, audio: str | None, what: str, sounds: Sounds, *, language: str = "", after: str = ""
) -> str:
    """Words, a player, or both; a recording whose words nobody knows has only a player."""
    if words or not audio:
        return _words(words, language, after) + _player(audio, what, sounds)
    return _player(audio, what, sounds) + after


def _words(words: str, language: str = "", after: str = "") -> str:
    tag = f' lang="{escape(language)}"' if language else ""
    shown = (
        f'<bdi dir="auto"{tag}>{escape(words)}</bdi>' if words else '<span class="soft">no text known</span>'
    )
    return f'<p dir="auto"{tag}>{shown}{after}</p>'


def _player(path: str | None, what: str, sounds: Sounds) -> str:
    if not path:
        return ""
    try:
        address = sounds.address(path)
    except ReadError as error:
        return f'<p class="note">Recording {escape(error.reason)}.</p>'
    return f'<audio controls preload="metadata" aria-label="Play {what}" src="{address}"></audio>'
