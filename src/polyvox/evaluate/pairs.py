"""Pairs with a gold score: how well cosines order them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from polyvox.encode.prefix import shortened
from polyvox.encode.protocol import Role
from polyvox.evaluate.measure import Measuring, Rows
from polyvox.evaluate.metrics.spearman import spearman
from polyvox.evaluate.problem import Pairs
from polyvox.evaluate.search import Tie
from polyvox.evaluate.vectors import Vectoriser

METRIC = "Spearman"


def measure_pairs(measuring: Measuring, problem: Pairs, vectoriser: Vectoriser, rows: Rows) -> None:
    """Measure the rank correlation of a problem at every dimension and add its rows.

    There is no pool: `pool` is 0. Both sides are encoded as passages, so that the score is symmetric.
    """
    settings = measuring.settings
    note = problem.note
    if settings.limit is not None and len(problem.pairs) > settings.limit:
        chosen = np.random.default_rng(settings.seed).permutation(len(problem.pairs))[: settings.limit]
        note = "; ".join(filter(None, [note, f"sample of {settings.limit} of {len(problem.pairs)} pairs"]))
        problem = replace(problem, pairs=[problem.pairs[place] for place in sorted(chosen)])
    first = vectoriser([pair.first for pair in problem.pairs], Role.PASSAGE)
    second = vectoriser([pair.second for pair in problem.pairs], Role.PASSAGE)
    heard = [content for pair in problem.pairs for content in (pair.first, pair.second)]
    note = "; ".join(filter(None, [note, vectoriser.unreadable.note(heard)]))
    gold = np.array([pair.score for pair in problem.pairs])
    for dimension in settings.dimensions or (first.shape[1],):
        cosines = np.einsum("nd,nd->n", shortened(first, dimension), shortened(second, dimension))
        rows.summary.append(
            {
                "task": measuring.task.name,
                "revision": measuring.revision,
                "direction": problem.direction,
                "query_language": problem.query_language,
                "document_language": problem.document_language,
                "query_modality": str(problem.query_modality),
                "document_modality": str(problem.document_modality),
                "dimension": dimension,
                "metric": METRIC,
                "tie": str(Tie.PESSIMISTIC),
                "value": spearman(cosines, gold),
                "pool": 0,
                "queries": len(problem.pairs),
                "seed": settings.seed,
                "relevance": "gold score",
                "note": note,
            }
        )
