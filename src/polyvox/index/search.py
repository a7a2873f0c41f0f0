"""From a query to hits: dense, lexical, or both fused."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polyvox.encode.protocol import Encoder, Role
from polyvox.index.exact import exact_search
from polyvox.index.fuse import reciprocal_ranks
from polyvox.index.hit import Hit, Source
from polyvox.index.lexical import lexical_search
from polyvox.index.manifest import Manifest
from polyvox.index.schema import ITEM_COLUMNS, checked_vectors, metadata_of
from polyvox.index.snapshot import Snapshot, SnapshotReader
from polyvox.index.table import Addresses
from polyvox.item import Audio, Modality

LOGGER = logging.getLogger(__name__)

Query = str | Audio | NDArray[np.float32]
"""Words, a voice, or a vector of shape (dimension,)."""

RUNNERS_UP = 2
FUSED_DEPTH = 100
ROUNDING = 1e-3


class SearchMode(StrEnum):
    """How items are found: by vector, by words, or by both with their ranks fused."""

    DENSE = "dense"
    LEXICAL = "lexical"
    HYBRID = "hybrid"


class Space(Protocol):
    """What turns a query into a vector: an encoder, loaded when it is needed, and the vectors' dimension."""

    manifest: Manifest

    @property
    def encoder(self) -> Encoder:
        """The model that made the vectors."""
        ...


Ranking = list[tuple[int, float]]
"""Row addresses with scores, best first."""


def query_vector(query: Query, space: Space) -> NDArray[np.float32]:
    """The unit vector of a query, shape (dimension,)."""
    if isinstance(query, str):
        rows: ArrayLike = space.encoder.encode_text([query], role=Role.QUERY)
    elif isinstance(query, Audio):
        rows = space.encoder.encode_speech([query], role=Role.QUERY)
    else:
        rows = np.asarray(query, np.float32)[None]
    vector: NDArray[np.float32] = checked_vectors(rows, 1, space.manifest.dimension)[0]
    return vector


def find(
    reader: SnapshotReader, vector: NDArray[np.float32] | None, words: str | None, limit: int, condition: str
) -> list[Hit]:
    """The best hits for a vector, for words, or for both with their ranks fused.

    Raises:
        ValueError: the limit is less than 1.
    """
    if limit < 1:
        raise ValueError(f"limit must be at least 1, got {limit}")
    request = _Request(vector, words, limit, condition)
    try:
        return request.answer(reader.current())
    except OSError:
        # A compaction has deleted the files of the version that this search was reading.
        LOGGER.info("the version that was searched is gone; the newest is searched")
    except _HeadChangedError:
        LOGGER.warning("the head's vectors were changed while they were in use; they are read anew")
    return request.answer(reader.reload(), trust_head=False)


def find_apart(
    reader: SnapshotReader, vector: NDArray[np.float32], limit: int, conditions: Sequence[str]
) -> list[Hit]:
    """The best hits under each condition, fused by rank: for kinds of items whose cosines do not compare.

    Where only one condition has hits, they keep their cosines as scores.
    """
    found = [find(reader, vector, None, limit, condition) for condition in conditions]
    rankings = {str(kind): [hit.id for hit in hits] for kind, hits in enumerate(found) if hits}
    hits = {hit.id: hit for kind in found for hit in kind}
    if len(rankings) < 2:
        return list(hits.values())
    return [replace(hits[name], score=score) for name, score in reciprocal_ranks(rankings)[:limit]]


class _HeadChangedError(Exception):
    """The head's scores are not those of the table's vectors."""


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    vector: NDArray[np.float32] | None
    words: str | None
    limit: int
    condition: str

    def answer(self, snapshot: Snapshot, *, trust_head: bool = True) -> list[Hit]:
        rankings: dict[str, Ranking] = {}
        if self.vector is not None:
            rankings["dense"] = self._dense(snapshot, self.vector, trust_head=trust_head)
        if self.words is not None:
            found = lexical_search(snapshot.table, self.words, self._depth, self.condition)
            rankings["lexical"] = _ranking(*found)
        if len(rankings) > 1:
            order = reciprocal_ranks(
                {name: [place for place, _ in ranks] for name, ranks in rankings.items()}
            )
        else:
            (order,) = rankings.values()
        return self._hits(snapshot, rankings, order)

    @property
    def _depth(self) -> int:
        single = self.vector is None or self.words is None
        return self.limit if single else max(FUSED_DEPTH, self.limit)

    def _dense(self, snapshot: Snapshot, vector: NDArray[np.float32], *, trust_head: bool) -> Ranking:
        depth = self._depth + RUNNERS_UP
        if not trust_head:
            return _ranking(*exact_search(snapshot.table, vector, depth, self.condition))
        return _ranking(*snapshot.head.search(vector, depth, snapshot.mask(self.condition)))

    def _hits(self, snapshot: Snapshot, rankings: Mapping[str, Ranking], order: Ranking) -> list[Hit]:
        fused = len(rankings) > 1
        chosen = order[: self.limit] if fused else order[: self.limit + RUNNERS_UP]
        columns = [*ITEM_COLUMNS, "vector"] if self.vector is not None else list(ITEM_COLUMNS)
        rows = snapshot.table.rows([address for address, _ in chosen], columns)
        ranks = {
            name: {address: (rank, score) for rank, (address, score) in enumerate(ranking, start=1)}
            for name, ranking in rankings.items()
        }
        hits = []
        for address, score in chosen:
            row = rows[address]
            sources = {name: Source(*found[address]) for name, found in ranks.items() if address in found}
            cosine = self._cosine(row.pop("vector", None), sources.get("dense"))
            if cosine is not None and "dense" in sources:
                sources["dense"] = replace(sources["dense"], score=cosine)
            hits.append(hit_of(row, score if fused or cosine is None else cosine, sources))
        return hits if fused else _ranked_again(hits)[: self.limit]

    def _cosine(self, stored: Sequence[float] | None, source: Source | None) -> float | None:
        if stored is None or self.vector is None:
            return None
        cosine = float(np.asarray(stored, np.float32) @ self.vector)
        if source is not None and abs(cosine - source.score) > ROUNDING:
            raise _HeadChangedError
        return cosine


def _ranking(addresses: Addresses, scores: NDArray[np.float32]) -> Ranking:
    return list(zip(addresses.tolist(), scores.tolist(), strict=True))


def _ranked_again(hits: list[Hit]) -> list[Hit]:
    """The hits of one retriever in the order of their final scores, with the ranks that follow from it."""
    ordered = sorted(hits, key=lambda hit: -hit.score)
    return [
        replace(hit, sources={name: replace(source, rank=rank) for name, source in hit.sources.items()})
        for rank, hit in enumerate(ordered, start=1)
    ]


def hit_of(row: Mapping[str, Any], score: float, sources: Mapping[str, Source]) -> Hit:
    """The hit for a row of the table."""
    fields = dict(row)
    fields["modality"] = Modality(fields["modality"])
    fields["metadata"] = metadata_of(fields["metadata"])
    return Hit(score=score, sources=sources, **fields)
