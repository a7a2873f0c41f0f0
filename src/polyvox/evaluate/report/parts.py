"""One direction of a task told in parts, where its language pairs are of different kinds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from polyvox.evaluate.report.scores import Pair, SystemScores, Test

HUB = "en"
SAME, TO_HUB, FROM_HUB = "same language", "to English", "from English"


def kinds_of(pairs: Iterable[Pair]) -> Mapping[Pair, str]:
    """What each pair of languages is, empty for all where pairs of other kinds make it one matrix.

    >>> sorted(kinds_of([Pair("sw", "en"), Pair("en", "sw")]).values())
    ['from English', 'to English']
    >>> kinds_of([Pair("sw", "en"), Pair("sw", "tr")])
    {}
    """
    kinds = {pair: _kind(pair) for pair in pairs}
    return kinds if "" not in kinds.values() and len(set(kinds.values())) > 1 else {}


def part_directions(systems: Iterable[SystemScores]) -> None:
    """Give pairs of different kinds tests of their own, alike in all systems."""
    systems = list(systems)
    pairs: dict[Test, set[Pair]] = defaultdict(set)
    for system in systems:
        for cell in system.summaries:
            if cell.dimension and system.values(cell) is not None:
                pairs[cell.test].add(cell.pair)
    moved = {
        (test, pair): replace(test, direction=f"{test.direction}, {kind}")
        for test, members in pairs.items()
        for pair, kind in kinds_of(members).items()
    }
    for system in systems:
        system.move(moved)


def _kind(pair: Pair) -> str:
    if pair.query == pair.document:
        return SAME
    if pair.document == HUB:
        return TO_HUB
    return FROM_HUB if pair.query == HUB else ""
