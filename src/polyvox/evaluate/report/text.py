"""What the report says of itself, the same in HTML and Markdown."""

from __future__ import annotations

from polyvox.evaluate.report.cost import SCANNED
from polyvox.evaluate.report.results import Report, TestResult
from polyvox.evaluate.significance import ALPHA

_FAMILIES = {
    "tests": "means of tests, each other system with the first",
    "languages": "language pairs, each other system with the first",
    "dimensions": "shorter widths with the full one",
}


def headline(report: Report) -> str:
    """The title."""
    names = [system.label for system in report.systems]
    if len(names) == 1:
        return f"Evaluation of {names[0]}"
    return f"Evaluation of {', '.join(names[:-1])} and {names[-1]}"


def facts(result: TestResult) -> list[tuple[str, str]]:
    """The circumstances of a test, as names and values."""
    pools = sorted({row.pool for row in result.rows})
    pool = f"{pools[0]:,}" if len(pools) == 1 else f"{pools[0]:,} to {pools[-1]:,}"
    found = [
        ("direction", result.test.direction),
        ("language pairs", f"{len(result.rows):,}"),
        ("queries", f"{result.queries:,}"),
        ("documents in a pool", pool),
        ("relevant by", result.relevance or "not said"),
        ("ties", _tie_words(result)),
        ("data revision", result.revision or "not said"),
        ("seed", ", ".join(map(str, result.seeds))),
    ]
    return [(name, value) for name, value in found if value]


def notes_of(result: TestResult) -> list[str]:
    """What is unusual about some language pairs, each note once."""
    return list(dict.fromkeys(row.note for row in result.rows if row.note))


def _tie_words(result: TestResult) -> str:
    if any(figure and figure.optimistic is not None for row in result.rows for figure in row.figures):
        return "counted as lost (won: in brackets)"
    return "counted as lost; winning them changes nothing"


def methods(report: Report) -> list[str]:
    """How intervals and comparisons were made, a paragraph an entry."""
    told = [
        "No query is dropped. A wrong document with the same score as the right one counts as ranked before "
        "it; where winning all ties would change a number, that score follows in round brackets. The mean "
        "over language pairs weighs each pair alike, and is over the pairs that every system was measured "
        "in.",
        f"Intervals are 95 % percentile bootstrap intervals of {report.resamples:,} resamples, seed "
        f"{report.seed}. What is drawn anew is the queries of each language pair; the pool and the set of "
        "languages stay as they are, so an interval says how much the choice of queries matters and nothing "
        "about other languages.",
    ]
    if report.families:
        families = "; ".join(f"{count:,} {_FAMILIES[name]}" for name, count in report.families.items())
        told.append(
            "Differences are tested query by query: a two-sided paired randomisation test (exact for scores "
            f"of 0 and 1, else {report.rounds:,} random swappings) and a paired t-test. For means of tests, "
            "each query counts by the weight of its language pair. P-values are corrected by Holm's method "
            f"within each family of comparisons: {families}. A sign ▲ or ▼ means a corrected randomisation p "
            f"below {ALPHA}; no sign means that the difference may be chance, not that there is none."
        )
    told.append(
        "Bytes are those of the vector alone. Times of encoding come from the machine named under Systems. "
        f"Scoring against {SCANNED:,} vectors is one float32 matrix product on the machine that made this "
        "report, processor time, the fastest of 15."
    )
    return told
