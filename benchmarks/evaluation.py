"""How fast evaluation is: exact search against the bare matrix product, and metrics against pytrec_eval.

    python benchmarks/evaluation.py [--size 100000] [--queries 10000] [--ranks 1000]

Prints one table. `search` scores every pair in blocks, counts what stands before each relevant document by
both tie rules and keeps the first ten; the matrix product in the same blocks does nothing with its scores.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable

import numpy as np

from polyvox.evaluate.metrics import Evidence, metric
from polyvox.evaluate.problem import Content, Document, Problem, Query
from polyvox.evaluate.search import (
    DOCUMENT_BLOCK,
    QUERY_BLOCK,
    Found,
    Relevant,
    Tie,
    Vectors,
    search,
)
from polyvox.item import Modality

METRICS = ("R@1", "R@10", "Hits@1", "MRR", "MAP", "nDCG@10")


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock seconds of one run."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def product(queries: Vectors, documents: Vectors) -> None:
    """The matrix product alone, in the blocks of the search."""
    out = np.empty((QUERY_BLOCK, DOCUMENT_BLOCK), np.float32)
    for start in range(0, len(queries), QUERY_BLOCK):
        rows = queries[start : start + QUERY_BLOCK]
        for left in range(0, len(documents), DOCUMENT_BLOCK):
            block = documents[left : left + DOCUMENT_BLOCK]
            np.matmul(rows, block.T, out=out[: len(rows), : len(block)])


def vectors(count: int, seed: int) -> Vectors:
    """Random unit vectors, (count, 256)."""
    rows = np.random.default_rng(seed).standard_normal((count, 256), np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def search_lines(size: int) -> list[str]:
    """Search and product, twice each in turn, the faster of each."""
    queries, documents = vectors(size, 1), vectors(size, 2)
    own = np.arange(size, dtype=np.int64)
    relevant = Relevant(own, own, np.ones(size, np.int64), np.ones(size, np.int64))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    both = [
        (seconds(lambda: product(queries, documents)), seconds(lambda: search(queries, documents, relevant)))
        for _ in range(2)
    ]
    bare, whole = (min(pair[side] for pair in both) for side in (0, 1))
    extra = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**20
    name = f"{size:,} × {size:,} × 256"
    return [
        f"| matrix product in blocks, {name} | {bare:.1f} s | |",
        f"| search, {name} | {whole:.1f} s | {bare / whole:.0%} of that speed, {extra:.2f} GiB more |",
    ]


def ranked(queries: int, ranks: int) -> Evidence:
    """One relevant document a query, at a random rank of `ranks`."""
    random = np.random.default_rng(3)
    own = np.arange(queries, dtype=np.int64)
    ahead = random.integers(0, ranks, queries)
    found = Found(
        query=own,
        document=np.zeros(queries, np.int64),
        grade=np.ones(queries, np.int64),
        score=np.zeros(queries, np.float32),
        ahead=ahead,
        tied=np.zeros(queries, np.int64),
        total=np.ones(queries, np.int64),
        pool=ranks,
        top=np.zeros((queries, 0), np.int64),
        top_scores=np.zeros((queries, 0), np.float32),
    )
    asked = [Query(str(n), Content(), {"0": 1}) for n in range(queries)]
    documents = [Document(str(n), str(n), Content()) for n in range(ranks)]
    return Evidence(Problem("und", "und", Modality.TEXT, Modality.TEXT, asked, documents), found)


def metric_lines(queries: int, ranks: int) -> list[str]:
    """Our kernels, and pytrec_eval on the same run as the dictionaries that it takes."""
    import pytrec_eval

    evidence = ranked(queries, ranks)
    ours = seconds(lambda: [metric(name).measure(evidence, Tie.PESSIMISTIC) for name in METRICS])
    run: dict[str, dict[str, float]] = {}

    def build() -> None:
        for query, ahead in enumerate(evidence.found.ahead.tolist()):
            listed = {f"d{place}": float(ranks - place) for place in range(ranks)}
            listed["right"] = ranks - ahead + 0.5
            run[str(query)] = listed

    qrels = {str(query): {"right": 1} for query in range(queries)}
    building = seconds(build)
    judge = pytrec_eval.RelevanceEvaluator(
        qrels, {"recall.1,10", "success.1", "recip_rank", "map", "ndcg_cut.10"}
    )
    theirs = seconds(lambda: judge.evaluate(run))
    name = f"six metrics, {queries:,} queries × {ranks:,} ranks"
    return [
        f"| polyvox, {name} | {ours:.2f} s | |",
        f"| pytrec_eval, {name} | {theirs:.1f} s | and {building:.1f} s to build its dictionaries |",
    ]


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--ranks", type=int, default=1_000)
    given = parser.parse_args()
    print("| | time | |\n|---|---|---|")
    print("\n".join([*search_lines(given.size), *metric_lines(given.queries, given.ranks)]))


if __name__ == "__main__":
    main()
