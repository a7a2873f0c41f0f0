"""What a search costs at one width: bytes a vector, and the time to score a query against many."""

from __future__ import annotations

from functools import cache
from time import thread_time

import numpy as np

SCANNED = 100_000
"""Vectors that a query is scored against."""
_RUNS = 15


@cache
def scan_milliseconds(dimension: int) -> float:
    """Milliseconds to score one query against `SCANNED` float32 vectors here, the fastest of 15 runs.

    Processor time of one thread, which other work on the machine does not lengthen.
    """
    generator = np.random.default_rng(0)
    vectors = generator.random((SCANNED, dimension), np.float32)
    query = generator.random(dimension, np.float32)
    times = []
    for _ in range(_RUNS):
        begun = thread_time()
        vectors @ query
        times.append(thread_time() - begun)
    return 1_000 * min(times)


def bytes_per_vector(dimension: int, full_dimension: int, full_bytes: int) -> int:
    """Bytes of a shorter vector, in the precision of the full one.

    >>> bytes_per_vector(64, 256, 1024)
    256
    """
    return round(full_bytes * dimension / full_dimension)
