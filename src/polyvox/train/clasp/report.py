"""The tables of a run, as Markdown, and its picture of the curves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from polyvox.evaluate.metrics.reciprocal_rank import reciprocal_rank
from polyvox.evaluate.significance import randomisation_test
from polyvox.train.clasp.curve_picture import draw_curves
from polyvox.train.clasp.measure import Figures
from polyvox.train.clasp.objective import best_share
from polyvox.train.clasp.references import References
from polyvox.train.clasp.results import Result
from polyvox.train.clasp.sections import ClaspRecipe

_ABOUT = (
    "Exact search in full pools, relevance by text identity, ties are misses, seed {seed}. "
    "R@1/100 is the Hits@1 to be expected among the right one and 99 others drawn at random. "
    "p: paired randomisation test on the reciprocal ranks, against the first row."
)
_HEAD = "R@1 | R@10 | MRR | mean rank | R@1/100"


def write_report(
    recipe: ClaspRecipe,
    results: Sequence[Result],
    references: References,
    compared: Mapping[str, Sequence[str]],
    out: Path,
) -> Path:
    """Write `results.md`, and `curves.svg` where recordings were distorted.

    Args:
        recipe: of the first row.
        results: the rows.
        references: what stands beside them.
        compared: rows that a row is compared with, by name.
        out: folder of the run.
    """
    lines = [f"# Results\n\n{_ABOUT.format(seed=recipe.seed)}\n", *_trained(recipe, results)]
    for test in results[0].tests:
        lines += _test_table(test, results, references)
    lines += _compared(results, compared)
    lines += [*_backwards(results), *_languages(results, references)]
    lines += [*_languages_of_rows(results), *_beside(results, references)]
    lines += _curves(results, references)
    path = out / "results.md"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if results[0].curve:
        draw_curves(results, references, out / "curves.svg")
    return path


def _cells(found: Figures) -> str:
    return (
        f"{found.recall_1:.3f} | {found.recall_10:.3f} | {found.mrr:.4f} | {found.mean_rank:.1f} "
        f"| {found.recall_1_of_100:.3f}"
    )


def _trained(recipe: ClaspRecipe, results: Sequence[Result]) -> Iterator[str]:
    first = results[0]
    batch = recipe.training.batch
    yield (
        f"{first.leaked} training recordings were left out because of a test text. "
        f"The lowest loss / ln B that a batch of {batch} allows is {best_share(0.07, batch):.3f} with "
        f"cosines times 0.07, and {best_share(1 / 0.07, batch):.3f} with cosines divided by it.\n"
    )
    yield "| variant | recordings | parameters | epochs (kept) | loss | loss / ln B | beyond δ | a step |"
    yield "|---" * 8 + "|"
    for one in results:
        course = one.course
        guessing = "" if course.over_guessing is None else f"{course.over_guessing:.3f}"
        yield (
            f"| {one.name} | {one.trained_on:,} | {course.parameters:,} | {course.epochs} ({course.best}) "
            f"| {course.loss:.4f} | {guessing} | {course.beyond_delta:.1e} "
            f"| {course.step_milliseconds:.1f} ms |"
        )


def _test_table(test: str, results: Sequence[Result], references: References) -> Iterator[str]:
    first = results[0].tests[test]
    yield f"\n## {test}: speech → text, {first.queries:,} queries, {first.pool:,} texts\n"
    yield f"| variant | {_HEAD} | p |\n" + "|---" * 7 + "|"
    for one in results:
        yield f"| {one.name} | {_cells(one.tests[test])} | {_against(results[0], one, test)} |"
    if test in references.peer:
        yield f"| the model that comes with polyvox | {_cells(references.peer[test])} | |"
    yield f"| chance | {_cells(_chance(first))} | |"


def _against(first: Result, other: Result, test: str) -> str:
    if first is other:
        return ""
    scores = [reciprocal_rank(np.array(one.ranks[test])) for one in (first, other)]
    return f"{randomisation_test(*scores):.3f}"


def _compared(results: Sequence[Result], compared: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What a row is better by in MRR than the rows that its recipe names, with p."""
    by_name = {one.name: one for one in results}
    pairs = [
        (one, by_name[other]) for one in results for other in compared.get(one.name, ()) if other in by_name
    ]
    if not pairs:
        return
    tests = list(results[0].tests)
    yield "\n## Rows against each other: what the first is better by in MRR (p)\n"
    yield f"| row | less | {' | '.join(tests)} |\n" + "|---" * (len(tests) + 2) + "|"
    for one, other in pairs:
        cells = [
            f"{one.tests[test].mrr - other.tests[test].mrr:+.3f} ({_against(other, one, test)})"
            for test in tests
        ]
        yield f"| {one.name} | {other.name} | {' | '.join(cells)} |"


def _chance(found: Figures) -> Figures:
    """What random ranks reach on the mean."""
    ranks = np.arange(1, found.pool + 1)
    return Figures(
        found.queries,
        found.pool,
        1 / found.pool,
        min(10, found.pool) / found.pool,
        float((1 / ranks).mean()),
        (found.pool + 1) / 2,
        1 / min(100, found.pool),
    )


def _backwards(results: Sequence[Result]) -> Iterator[str]:
    yield "\n## English text → speech\n"
    yield f"| variant | test | queries | recordings | {_HEAD} |\n" + "|---" * 9 + "|"
    for one in results:
        for test, found in one.backwards.items():
            yield f"| {one.name} | {test} | {found.queries} | {found.pool} | {_cells(found)} |"


def _languages(results: Sequence[Result], references: References) -> Iterator[str]:
    """Queries in other languages, of the first variant, beside what the text model alone reaches."""
    first = results[0]
    if not any(first.languages.values()):
        return
    yield f"\n## Text in other languages → English speech: {first.name}\n"
    yield f"| test | language | queries | recordings | {_HEAD} | text → English text: R@1 | R@10 |"
    yield "|---" * 11 + "|"
    for test, tags in first.languages.items():
        yield f"| {test} | en | {_row(first.backwards[test])} | | |"
        for tag, found in tags.items():
            alone = references.translations.get(test, {}).get(tag)
            read = f"{alone.recall_1:.3f} | {alone.recall_10:.3f}" if alone else " | "
            yield f"| {test} | {tag} | {_row(found)} | {read} |"


def _languages_of_rows(results: Sequence[Result]) -> Iterator[str]:
    """MRR of queries in other languages, a line a row of the tables."""
    asked = [(test, tag) for test, tags in results[0].languages.items() for tag in tags]
    if not asked:
        return
    yield "\n## Text in other languages → English speech: MRR of every row\n"
    yield (
        f"| variant | {' | '.join(f'{test}: {tag}' for test, tag in asked)} |\n"
        + "|---" * (len(asked) + 1)
        + "|"
    )
    for one in results:
        cells = [f"{one.languages[test][tag].mrr:.4f}" for test, tag in asked]
        yield f"| {one.name} | {' | '.join(cells)} |"


def _row(found: Figures) -> str:
    return f"{found.queries} | {found.pool} | {_cells(found)}"


def _beside(results: Sequence[Result], references: References) -> Iterator[str]:
    """The cascade and the variants on the same recordings."""
    systems = {**references.cascade, **{one.name: one.beside for one in results}}
    heard = {name: found for name, found in systems.items() if found is not None}
    if not heard:
        return
    first = next(iter(heard.values()))
    yield (
        f"\n## The cascade: {first.queries} test sentences in unseen voices, {first.pool} texts\n\n"
        f"| system | {_HEAD} |\n" + "|---" * 6 + "|"
    )
    for name, found in heard.items():
        yield f"| {name} | {_cells(found)} |"


def _curves_of(results: Sequence[Result], references: References) -> dict[str, Mapping[str, Figures]]:
    found: dict[str, Mapping[str, Figures]] = {one.name: one.curve for one in results if one.curve}
    if references.peer_curve:
        found["the model that comes with polyvox"] = references.peer_curve
    return found


def _curves(results: Sequence[Result], references: References) -> Iterator[str]:
    """R@10 by condition, and the positive control of the first variant."""
    curves = _curves_of(results, references)
    if not curves:
        return
    clean = results[0].curve["clean"]
    yield (
        f"\n## Noise (dB), tempo (factor), room (s to fall by 60 dB): {clean.queries} test sentences "
        f"in unseen voices, {clean.pool} texts, R@10 (MRR)\n"
    )
    yield "| condition | " + " | ".join([*curves, "control: own clean recording, R@1"]) + " |"
    yield "|---" * (len(curves) + 2) + "|"
    for name in results[0].curve:
        cells = [f"{curve[name].recall_10:.3f} ({curve[name].mrr:.3f})" for curve in curves.values()]
        own = results[0].control.get(name)
        yield (
            f"| {name} | {' | '.join(cells)} | {own.recall_1:.3f} |"
            if own
            else (f"| {name} | {' | '.join(cells)} | |")
        )
