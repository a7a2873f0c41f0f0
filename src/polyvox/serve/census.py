"""What a collection holds, counted by language and modality."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pyarrow as pa

from polyvox.index.table import ItemTable
from polyvox.item import Modality


@dataclass(frozen=True, slots=True)
class Census:
    """Counts of one version of an index: items by (language, modality), and complete files."""

    version: int
    counts: dict[tuple[str, Modality], int]
    files: int

    @property
    def items(self) -> int:
        """All items."""
        return sum(self.counts.values())

    def of(self, modality: Modality, language: str | None = None) -> int:
        """Items of one modality, in one language or in all."""
        return sum(
            count
            for (tag, kind), count in self.counts.items()
            if kind == modality and language in (None, tag)
        )

    def languages(self) -> list[str]:
        """Tags, the most frequent first."""
        totals: Counter[str] = Counter()
        for (tag, _), count in self.counts.items():
            totals[tag] += count
        return [tag for tag, _ in sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))]


def take_census(table: ItemTable, files: int) -> Census:
    """Count one version of the item table."""
    counts: Counter[tuple[str, Modality]] = Counter()
    for batch in table.batches(["language", "modality"]):
        columns = pa.table({name: batch[name] for name in ("language", "modality")})
        for row in columns.group_by(["language", "modality"]).aggregate([([], "count_all")]).to_pylist():
            counts[row["language"], Modality(row["modality"])] += row["count_all"]
    return Census(table.version, dict(counts), files)
