"""Systems side by side: read from folders, named apart, and refused where their numbers do not compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePath

import numpy as np

from polyvox.errors import PolyvoxError
from polyvox.evaluate.folder import SystemCard, read_evaluations
from polyvox.evaluate.report.parts import part_directions
from polyvox.evaluate.report.scores import Cell, SystemScores, Test


def read_systems(folders: Sequence[Path]) -> list[SystemScores]:
    """Read every system of the folders, in their order.

    Raises:
        PolyvoxError: a folder holds none, one system is there twice, or their numbers do not compare.
    """
    evaluations = [evaluation for folder in folders for evaluation in read_evaluations(folder)]
    seen = Counter((evaluation.card.name, evaluation.card.fingerprint) for evaluation in evaluations)
    for (name, fingerprint), count in seen.items():
        if count > 1:
            raise PolyvoxError(
                f"the system {name!r} ({fingerprint}) is there {count} times; name only one of its folders"
            )
    names = Counter(short_name(evaluation.card.name) for evaluation in evaluations)
    systems = [SystemScores(one, _label(one.card, names)) for one in evaluations]
    part_directions(systems)
    check_comparable(systems)
    return systems


def short_name(name: str) -> str:
    """A model's name, or the end of the path where it lies.

    >>> short_name("sentence-transformers/LaBSE"), short_name("/home/ada/models/tower")
    ('sentence-transformers/LaBSE', 'models/tower')
    """
    path = PurePath(name)
    return "/".join(path.parts[-2:]) if path.is_absolute() else name


def _label(card: SystemCard, names: Counter[str]) -> str:
    name = short_name(card.name)
    return name if names[name] == 1 else f"{name} {card.fingerprint[:8]}"


def check_comparable(systems: Sequence[SystemScores]) -> None:
    """Refuse systems that were measured on different things under one name.

    Raises:
        PolyvoxError: two systems share no test, or a shared test differs in revision, pool, relevance,
            metric or queries; the message names the test and the difference.
    """
    for system in systems:
        if not system.summaries:
            raise PolyvoxError(
                f"the evaluation of {system.label!r} ({system.card.slug}) holds no numbers, so none of its "
                "tasks could be measured; name the other systems' folders one by one"
            )
    first, *others = systems
    for other in others:
        shared = [test for test in first.tests() if other.has(test)]
        if not shared:
            raise PolyvoxError(
                f"{first.label!r} and {other.label!r} share no test: one has {_listed(first)}, the other "
                f"{_listed(other)}; evaluate both on the same --tasks"
            )
        for test in shared:
            _check_test(first, other, test)


def paired_cells(first: SystemScores, other: SystemScores, test: Test) -> list[tuple[Cell, Cell]]:
    """Cells of two systems that measure the same, both at their own full width where that is theirs."""
    widths = first.width(test), other.width(test)
    theirs = {_at_width(cell, widths[1]): cell for cell in other.cells(test)}
    return [
        (cell, theirs[key]) for cell in first.cells(test) if (key := _at_width(cell, widths[0])) in theirs
    ]


def _at_width(cell: Cell, width: int) -> tuple[object, ...]:
    return cell.pair, cell.metric, cell.tie, 0 if cell.dimension == width else cell.dimension


def _check_test(first: SystemScores, other: SystemScores, test: Test) -> None:
    pairs = paired_cells(first, other, test)
    if not pairs:
        raise PolyvoxError(
            f"{_named(test)}: {first.label!r} and {other.label!r} share no languages and metric; "
            "evaluate both with the same options"
        )
    for mine, theirs in pairs:
        one, two = first.summaries[mine], other.summaries[theirs]
        for what in ("revision", "pool", "queries", "relevance"):
            if getattr(one, what) != getattr(two, what):
                raise PolyvoxError(
                    f"{_named(test)}, {mine.pair.query} → {mine.pair.document}: the {what} of "
                    f"{first.label!r} is {getattr(one, what)!r}, that of {other.label!r} is "
                    f"{getattr(two, what)!r}; these numbers do not compare, evaluate both alike"
                )
    # Every metric of a pair of languages is of the same queries.
    scored = [(m, t) for m, t in pairs if first.values(m) is not None and other.values(t) is not None]
    for mine, theirs in {mine.pair: (mine, theirs) for mine, theirs in scored}.values():
        _check_queries(first, other, mine, theirs)


def _check_queries(first: SystemScores, other: SystemScores, mine: Cell, theirs: Cell) -> None:
    one, two = first.query_ids(mine), other.query_ids(theirs)
    lone = np.setxor1d(one, two)
    if len(lone):
        raise PolyvoxError(
            f"{_named(mine.test)}, {mine.pair.query} → {mine.pair.document}: "
            f"{first.label!r} and {other.label!r} were asked different queries, such as {str(lone[0])!r}; "
            "evaluate both alike"
        )


def _named(test: Test) -> str:
    return f"{test.task} ({test.direction})"


def _listed(system: SystemScores) -> str:
    return ", ".join(dict.fromkeys(_named(test) for test in system.tests()))
