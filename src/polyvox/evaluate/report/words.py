"""Numbers, languages and verdicts in words, the same in every form of the report."""

from __future__ import annotations

from functools import cache
from math import floor, isnan, log10

from polyvox.evaluate.report.results import Figure, Verdict
from polyvox.evaluate.report.scores import Pair, Test
from polyvox.item import Modality

HEAT_STEPS = 9
MIXED = "mul"
BETTER, WORSE = "▲", "▼"


def rounded(value: float, places: int = 3) -> str:
    """A number as tables show it: three decimals, fewer for large ones, a dash for none.

    >>> rounded(0.12345), rounded(1234.5), rounded(float("nan"))
    ('0.123', '1,234', '–')
    """
    if isnan(value):
        return "–"
    digits = 0 if abs(value) < 1 else floor(log10(abs(value))) + 1
    return f"{value:,.{max(0, places - digits)}f}" if digits else f"{value:.{places}f}"


def quantity(value: float, unit: str) -> str:
    """A count with a binary prefix.

    >>> quantity(1024, "B"), quantity(3_500_000, "B")
    ('1 KiB', '3.3 MiB')
    """
    for prefix in ("", "Ki", "Mi", "Gi"):
        if abs(value) < 1024 or prefix == "Gi":
            break
        value /= 1024
    return f"{value:,.1f}".removesuffix(".0") + f" {prefix}{unit}"


def duration(seconds: float) -> str:
    """Seconds in the unit that gives a readable number.

    >>> duration(0.000034), duration(0.25), duration(float("nan"))
    ('34 µs', '250 ms', '–')
    """
    if isnan(seconds):
        return "–"
    for factor, unit in ((1, "s"), (1e3, "ms")):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def interval_words(figure: Figure) -> str:
    """A number with its interval.

    >>> interval_words(Figure(0.5))
    '0.500'
    """
    if figure.interval is None:
        return rounded(figure.value)
    return f"{rounded(figure.value)} [{rounded(figure.interval.low)}, {rounded(figure.interval.high)}]"


def mark(verdict: Verdict | None) -> str:
    """A sign for better or worse, empty where that may be chance."""
    if verdict is None or not verdict.wins:
        return ""
    return BETTER if verdict.wins > 0 else WORSE


def verdict_words(verdict: Verdict) -> str:
    """What a mark stands for."""
    told = {1: "better", -1: "worse", 0: "no clear difference"}[verdict.wins]
    return f"{told}; randomisation p {p_words(verdict.randomisation)}, t-test p {p_words(verdict.t_test)}"


def p_words(p: float) -> str:
    """A p-value.

    >>> p_words(0.0312), p_words(0.00002)
    ('0.031', '< 0.001')
    """
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


@cache
def language_name(tag: str) -> str:
    """The English name of a language with its tag.

    >>> language_name("sw"), language_name("mul")
    ('Swahili (sw)', 'mixed')
    """
    if tag == MIXED:
        return "mixed"
    from langcodes import Language

    try:
        name = Language.get(tag).display_name()
    except (ImportError, ValueError):
        return tag
    return tag if name.startswith("Unknown") else f"{name} ({tag})"


def pair_words(pair: Pair) -> str:
    """Who asks whom.

    >>> pair_words(Pair("sw", "en"))
    'sw → en'
    """
    return f"{pair.query} → {pair.document}"


def title_of(test: Test) -> str:
    """A heading."""
    kinds = {Modality.TEXT: "text", Modality.SPEECH: "speech"}
    modalities = f"{kinds[Modality(test.query_modality)]} → {kinds[Modality(test.document_modality)]}"
    plain = f"{test.query_modality}→{test.document_modality}"
    detail = test.direction.removeprefix(plain).strip(", ")
    return f"{test.task}: {modalities}" + (f", {detail}" if detail else "")


def heat_step(value: float, highest: float) -> int:
    """The step of the heat map's colours, 0 to 8.

    >>> heat_step(0, 0.5), heat_step(0.5, 0.5)
    (0, 8)
    """
    return min(HEAT_STEPS - 1, max(0, int(HEAT_STEPS * value / highest)))
