"""Numbers that need one question asked in several languages: the mean rank variance."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from polyvox.evaluate.measure import Measuring
from polyvox.evaluate.metrics import Evidence
from polyvox.evaluate.metrics.mrv import Spread, mrv
from polyvox.evaluate.metrics.rank import ranks
from polyvox.evaluate.problem import MIXED
from polyvox.evaluate.search import Tie

_OWN = "="


class AcrossLanguages:
    """Collects the rank of every question in every language, and sums up their spread.

    A question that is asked several times in a language, as by several readers, has its worst rank there.

    Problems belong together that search the same pool, or each the pool of its own language.
    """

    def __init__(self, measuring: Measuring) -> None:
        self._measuring = measuring
        self._ranks: dict[tuple[str, str, int], dict[str, dict[str, float]]] = defaultdict(dict)
        self._like: dict[tuple[str, str, int], Evidence] = {}

    def add(self, evidence: Evidence, dimension: int) -> None:
        """Take up the ranks of a problem."""
        if not self._measuring.task.spread:
            return
        problem = evidence.problem
        own = problem.query_language == problem.document_language
        group = (problem.direction, _OWN if own else problem.document_language, dimension)
        first = ranks(evidence.found.first_ranks(Tie.PESSIMISTIC), evidence.found.pool)
        self._like[group] = evidence
        ranked = self._ranks[group][problem.query_language] = {}
        for query, rank in zip(problem.queries, first, strict=True):
            ranked[query.instance] = max(float(rank), ranked.get(query.instance, 0.0))

    def rows(self) -> list[dict[str, Any]]:
        """One summary row a spread, for every group of at least two languages with a question in common."""
        found = []
        for group, by_language in self._ranks.items():
            shared = sorted(set.intersection(*(set(ranked) for ranked in by_language.values())) - {""})
            if len(by_language) > 1 and shared:
                table = np.array([[ranked[one] for ranked in by_language.values()] for one in shared])
                lone = len(set.union(*(set(ranked) for ranked in by_language.values())) - {*shared, ""})
                found += [
                    self._row(group, Spread(spread), table, lone) for spread in self._measuring.task.spread
                ]
        return found

    def _row(
        self, group: tuple[str, str, int], spread: Spread, table: np.ndarray, lone: int
    ) -> dict[str, Any]:
        evidence = self._like[group]
        _, found, dimension = group
        return self._measuring.key(evidence.problem, dimension) | {
            "query_language": MIXED,
            "document_language": MIXED if found == _OWN else found,
            "metric": f"MRV {spread}",
            "tie": str(Tie.PESSIMISTIC),
            "value": float(mrv(table, spread).mean()),
            "pool": evidence.found.pool,
            "queries": len(table),
            "seed": self._measuring.settings.seed,
            "relevance": str(self._measuring.task.relevance),
            "note": f"{table.shape[1]} languages, mean rank {table.mean():.2f}"
            + (f"; {lone} questions are not in all of them and left out" if lone else ""),
        }
