"""The tables of a run, as Markdown, and its picture of cost and quality."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from polyvox.evaluate.significance import randomisation_test
from polyvox.train.fusion.cost import Cost, search_costs
from polyvox.train.fusion.measure import Scores, chance
from polyvox.train.fusion.results import Result, all_results
from polyvox.train.fusion.sections import FusionRecipe, Variant

COST_POOL = 100_000
_ABOUT = (
    "Speech → text, exact search in the whole pool of different texts, relevance by text identity, "
    "ties are misses, seed {seed}."
)


def write_report(recipe: FusionRecipe, out: Path) -> Path:
    """Write `results.md` and `cost.svg` from the results below `out`."""
    results = list(all_results(out))
    costs = search_costs(recipe.speech.dimensions, COST_POOL, recipe.seed)
    lines = [f"# Results\n\n{_ABOUT.format(seed=recipe.seed)}\n"]
    for chosen in recipe.sets:
        own = [result for result in results if result.set == chosen.name]
        lines += [
            *dimension_table(chosen.name, own),
            *difference_table(own),
            *rank_table(own),
            *intent_table(own),
            *effort_table(own),
        ]
    lines += cost_table(costs)
    path = out / "results.md"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    from polyvox.train.fusion.picture import draw_costs

    draw_costs(results, costs, out / "cost.svg")
    return path


def dimension_table(name: str, results: Sequence[Result]) -> Iterator[str]:
    """Quality by dimension: a line a variant and dimension."""
    if not results:
        return
    heard = max(results, key=lambda result: result.trained_on)
    yield f"\n## {name}: {heard.queries:,} queries, {heard.pool:,} texts\n"
    yield f"Trained on {heard.trained_on:,} recordings.\n"
    yield "| front | variant | steps | dimension | R@1 | R@10 | MRR | nDCG@10 |"
    yield "|---" * 8 + "|"
    for result in results:
        title = (
            f"{result.variant} ({result.queries:,} queries)" if result.variant == "text" else result.variant
        )
        for width, own in sorted(result.scores.items(), reverse=True):
            yield f"| {result.front} | {title} | {result.steps} | {width} | {_cells(own)} |"
    random = chance(heard.pool)
    yield f"| | chance | | | {_cells(random)} |"


def _cells(own: Scores) -> str:
    return f"{own.recall_1:.3f} | {own.recall_10:.3f} | {own.mrr:.4f} | {own.ndcg_10:.4f}"


def difference_table(results: Sequence[Result]) -> Iterator[str]:
    """Late fusion less the heads with the same front: MRR by dimension, with a paired randomisation test."""
    late = {result.front: result for result in results if result.variant == Variant.LATE}
    pairs = [
        (late[result.front], result)
        for result in results
        if result.variant in (Variant.SEPARATE, Variant.NESTED) and result.front in late
    ]
    if not pairs:
        return
    yield "\nMRR of late fusion less that of the heads, and p of a paired randomisation test over queries:\n"
    yield "| front | less | " + " | ".join(map(str, pairs[0][0].ranks)) + " |"
    yield "|---" * (len(pairs[0][0].ranks) + 2) + "|"
    for left, right in pairs:
        cells = [_difference(left.ranks[width], right.ranks[width]) for width in left.ranks]
        yield f"| {right.front} | {right.variant} | {' | '.join(cells)} |"


def _difference(left: Sequence[int], right: Sequence[int]) -> str:
    first, second = 1 / np.array(left), 1 / np.array(right)
    return f"{first.mean() - second.mean():+.4f} (p {randomisation_test(first, second):.3f})"


def rank_table(results: Sequence[Result]) -> Iterator[str]:
    """MRR when only the first components are kept, and effective ranks."""
    known = [(result, result.spectrum) for result in results if result.spectrum]
    if not known:
        return
    counts = list(known[0][1].mrr)
    yield "\nMRR with the first k singular components of the texts that were trained on:\n"
    yield (
        "| front | variant | "
        + " | ".join(f"k = {count}" for count in counts)
        + " | effective rank: speech | texts |"
    )
    yield "|---" * (len(counts) + 4) + "|"
    for result, found in known:
        values = " | ".join(f"{found.mrr[count]:.3f}" for count in counts)
        ranks = f"{found.queries_rank:.0f} | {found.pool_rank:.0f}"
        yield f"| {result.front} | {result.variant} | {values} | {ranks} |"


def intent_table(results: Sequence[Result]) -> Iterator[str]:
    """Accuracy on intents."""
    known = [result for result in results if result.intents]
    if not known:
        return
    names = list(known[0].intents)
    yield "\nAccuracy on spoken intents, none of them trained on:\n"
    yield "| front | variant | " + " | ".join(names) + " |"
    yield "|---" * (len(names) + 2) + "|"
    for result in known:
        values = " | ".join(f"{result.intents[name]:.3f}" for name in names)
        yield f"| {result.front} | {result.variant} | {values} |"


def effort_table(results: Sequence[Result]) -> Iterator[str]:
    """What training took."""
    known = [(result, result.course) for result in results if result.course]
    if not known:
        return
    yield "\n| front | variant | trained parameters | processor time a step | last loss |"
    yield "|---|---|---|---|---|"
    for result, course in known:
        took = "" if course.step_milliseconds is None else f"{course.step_milliseconds:.0f} ms"
        loss = "" if course.loss is None else f"{course.loss:.3f}"
        yield f"| {result.front} | {result.variant} | {course.parameters:,} | {took} | {loss} |"


def cost_table(costs: Sequence[Cost]) -> Iterator[str]:
    """What a dimension costs."""
    yield f"\n## Cost: exact search in {COST_POOL:,} vectors, one thread, one query at a time\n"
    yield "| dimension | bytes a vector | search |\n|---|---|---|"
    for cost in costs:
        yield f"| {cost.dimension} | {cost.bytes:,} | {cost.milliseconds:.2f} ms |"
