"""What a dimension costs: bytes of a vector, and time of an exact search."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BYTES_A_VALUE = 4
QUERIES, REPETITIONS, TOP = 50, 3, 10


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one dimension: bytes of a float32 vector, milliseconds of one query on one thread."""

    dimension: int
    bytes: int
    milliseconds: float


def search_costs(dimensions: Sequence[int], pool: int, seed: int) -> list[Cost]:
    """Time exact search by inner product with FAISS, one thread, one query at a time, random unit vectors.

    How long an exact search takes does not depend on what the vectors mean. The best of three repetitions.

    Args:
        dimensions: to time.
        pool: vectors to search in.
        seed: of the vectors.
    """
    import faiss

    dice = np.random.default_rng(seed)
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        return [Cost(width, width * BYTES_A_VALUE, _milliseconds(width, pool, dice)) for width in dimensions]
    finally:
        faiss.omp_set_num_threads(threads)


def _milliseconds(width: int, pool: int, dice: np.random.Generator) -> float:
    import faiss

    vectors = dice.standard_normal((pool + QUERIES, width), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = faiss.IndexFlatIP(width)
    index.add(vectors[QUERIES:])
    index.search(vectors[:1], TOP)
    best = float("inf")
    for _ in range(REPETITIONS):
        began = time.perf_counter()
        for query in vectors[:QUERIES]:
            index.search(query[None], TOP)
        best = min(best, time.perf_counter() - began)
    return 1000 * best / QUERIES
