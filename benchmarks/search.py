"""Nearest neighbours: the head beside FAISS, usearch and Lance's own vector index, in one run.

    python benchmarks/search.py                              synthetic vectors, 10,000 to 1,000,000
    python benchmarks/search.py --vectors FILE.npy           rows of a float32 array, (N, dimension)
    python benchmarks/search.py --sizes 100000 --peers head,flat

Every peer runs with one thread and one query at a time; recall@10 is against exact search, ties by row. The
last rows of the array are the queries and are not indexed (`--queries FILE.npy` takes others).
"Memory" is what the process grew by while building and searching, in MB; "disk" is what lies on disk.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Search = Callable[[NDArray[np.float32]], NDArray[np.int64]]

HEADER = """| rows | peer | build s | median ms | p95 ms | recall@10 | memory MB | disk MB |
|---|---|---|---|---|---|---|---|"""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "LANCE_CPU_THREADS": "1"}
NEIGHBOURS = 10
QUERIES = 200


@dataclass(frozen=True, slots=True)
class Built:
    """A peer that is ready: how to search it, and where it keeps things on disk."""

    search: Search
    folder: Path | None = None


def synthetic(rows: int, dimension: int = 256, decay: float = 0.5, seed: int = 0) -> Vectors:
    """Unit vectors with a decaying spectrum: component i has standard deviation (i + 1) ** -decay."""
    spread = np.arange(1, dimension + 1, dtype=np.float32) ** -decay
    vectors = np.random.default_rng(seed).standard_normal((rows, dimension), dtype=np.float32)
    vectors *= spread
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def build_head(vectors: Vectors, folder: Path) -> Built:
    """Our table and head, as an index writes them; the search is the head's, without fetching the items."""
    from polyvox.index import head
    from polyvox.index.head_files import HeadFiles
    from polyvox.index.head_reader import HeadReader
    from polyvox.index.head_writer import HeadWriter
    from polyvox.index.snapshot import SnapshotReader
    from polyvox.index.table import ItemTable

    head.PATIENCE_ROWS = 0
    write_lance(vectors, folder / "items.lance")
    began = time.perf_counter()
    HeadWriter(HeadFiles(folder / "head", vectors.shape[1])).catch_up(ItemTable.open(folder / "items.lance"))
    print(f"    (head written in {time.perf_counter() - began:.1f} s)")
    reader = SnapshotReader(
        folder / "items.lance", HeadReader(folder / "head", vectors.shape[1]), lambda _: False, lambda: False
    )

    def search(query: NDArray[np.float32]) -> NDArray[np.int64]:
        addresses, _ = reader.current().head.search(query, NEIGHBOURS)
        fragment, offset = addresses >> np.uint64(32), addresses & np.uint64(0xFFFFFFFF)
        return (fragment * np.uint64(FRAGMENT) + offset).astype(np.int64)

    return Built(search, folder / "head")


def build_flat(vectors: Vectors, _: Path) -> Built:
    """FAISS, exact, float32."""
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return Built(lambda query: index.search(query[None], NEIGHBOURS)[1][0])


def build_hnsw(vectors: Vectors, _: Path) -> Built:
    """FAISS HNSW, 32 links, efConstruction 40, efSearch 128."""
    import faiss

    index = faiss.IndexHNSWFlat(vectors.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efSearch = 128
    index.add(vectors)
    return Built(lambda query: index.search(query[None], NEIGHBOURS)[1][0])


def build_usearch(vectors: Vectors, _: Path) -> Built:
    """usearch, its defaults, half precision, expansion 128 at search."""
    from usearch.index import Index

    index = Index(ndim=vectors.shape[1], metric="ip", dtype="f16", expansion_search=128)
    index.add(np.arange(len(vectors)), vectors, threads=1)
    return Built(lambda query: np.asarray(index.search(query, NEIGHBOURS, threads=1).keys, np.int64))


def build_lance(vectors: Vectors, folder: Path) -> Built:
    """Lance's IVF_RQ: one list per 4,096 rows, 20 probes, refine factor 10."""
    return _build_lance(vectors, folder, "IVF_RQ")


def build_lance_pq(vectors: Vectors, folder: Path) -> Built:
    """Lance's IVF_PQ with 8 bits for four dimensions, otherwise as `build_lance`."""
    return _build_lance(vectors, folder, "IVF_PQ", vectors.shape[1] // 4)


def _build_lance(vectors: Vectors, folder: Path, kind: str, parts: int | None = None) -> Built:
    import lance

    uri = str(folder / "ivf.lance")
    write_lance(vectors, folder / "ivf.lance")
    lists = max(1, len(vectors) // 4_096)
    lance.dataset(uri).create_index(
        "vector", kind, metric="cosine", num_partitions=lists, num_sub_vectors=parts
    )
    dataset = lance.dataset(uri)

    def search(query: NDArray[np.float32]) -> NDArray[np.int64]:
        nearest = {"column": "vector", "q": query, "k": NEIGHBOURS, "nprobes": 20, "refine_factor": 10}
        found = dataset.scanner(columns=["row"], nearest=nearest, disable_scoring_autoprojection=True)
        return np.asarray(found.to_table()["row"].to_numpy(), np.int64)

    return Built(search, folder / "ivf.lance")


FRAGMENT = 262_144
PEERS: dict[str, Callable[[Vectors, Path], Built]] = {
    "head": build_head,
    "flat": build_flat,
    "hnsw": build_hnsw,
    "usearch": build_usearch,
    "lance": build_lance,
    "lance-pq": build_lance_pq,
}
USUAL = "head,flat,hnsw,usearch,lance"


def write_lance(vectors: Vectors, folder: Path) -> None:
    """The vectors as a Lance dataset with fragments of `FRAGMENT` rows."""
    import lance
    import pyarrow as pa

    for begin in range(0, len(vectors), FRAGMENT):
        part = np.ascontiguousarray(vectors[begin : begin + FRAGMENT])
        column = pa.FixedSizeListArray.from_arrays(pa.array(part.reshape(-1)), part.shape[1])
        table = pa.table({"row": pa.array(np.arange(begin, begin + len(part))), "vector": column})
        lance.write_dataset(table, str(folder), mode="append" if begin else "create")


def exact(vectors: Vectors, queries: Vectors) -> NDArray[np.int64]:
    """The true neighbours, shape (queries, 10)."""
    import faiss

    found: NDArray[np.int64] = faiss.knn(queries, vectors, NEIGHBOURS, metric=faiss.METRIC_INNER_PRODUCT)[1]
    return found


def resident_mb() -> float:
    """Memory of this process that no file backs, in MB; what Linux counts as anonymous."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    return float("nan")


def measure(name: str, vectors: Vectors, queries: Vectors, truth: NDArray[np.int64]) -> str:
    """Build one peer, time it, and return its row of the table."""
    folder = Path(tempfile.mkdtemp(prefix="polyvox-bench-"))
    before = resident_mb()
    began = time.perf_counter()
    built = PEERS[name](vectors, folder)
    seconds = time.perf_counter() - began
    for query in queries[:10]:
        built.search(query)
    times, right = [], 0
    for query, wanted in zip(queries, truth, strict=True):
        began = time.perf_counter()
        found = built.search(query)
        times.append(time.perf_counter() - began)
        right += len(np.intersect1d(found, wanted))
    grown = resident_mb() - before
    disk = sum(p.stat().st_size for p in built.folder.rglob("*") if p.is_file()) / 1e6 if built.folder else 0
    shutil.rmtree(folder)
    milliseconds = np.array(times) * 1e3
    return (
        f"| {len(vectors):,} | {name} | {seconds:.1f} | {np.median(milliseconds):.2f} | "
        f"{np.percentile(milliseconds, 95):.2f} | {right / truth.size:.4f} | {grown:.0f} | {disk:.0f} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--vectors", default="synthetic", help="'synthetic' or a .npy file of float32 rows")
    parser.add_argument("--queries", help="a .npy file; by default the last rows of the vectors")
    parser.add_argument("--decay", type=float, default=0.5, help="how fast the synthetic spectrum falls")
    parser.add_argument("--sizes", default="10000,100000,1000000", help="numbers of rows")
    parser.add_argument("--peers", default=USUAL, help=", ".join(PEERS))
    parser.add_argument("--out", type=Path, help="keep rows here; a run that finds some there goes on")
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.sizes.split(",")]
    if arguments.vectors == "synthetic":
        every = synthetic(max(sizes) + QUERIES, decay=arguments.decay)
    else:
        every = np.load(arguments.vectors, mmap_mode="r", allow_pickle=False)
    queries = np.load(arguments.queries, allow_pickle=False) if arguments.queries else every[-QUERIES:]
    queries = np.ascontiguousarray(queries[:QUERIES], np.float32)
    rest = len(every) if arguments.queries else len(every) - QUERIES
    done = arguments.out.read_text().splitlines() if arguments.out and arguments.out.exists() else []
    print(f"{arguments.vectors} (decay {arguments.decay}), {len(queries)} queries, one thread")
    print(HEADER)
    for size in sizes:
        vectors = np.ascontiguousarray(every[: min(size, rest)], np.float32)
        truth = exact(vectors, queries)
        for name in arguments.peers.split(","):
            known = [row for row in done if row.startswith(f"| {len(vectors):,} | {name} |")]
            row = known[0] if known else measure(name, vectors, queries, truth)
            print(row, flush=True)
            if arguments.out and not known:
                with arguments.out.open("a") as file:
                    file.write(row + "\n")


if __name__ == "__main__":
    if not ONE_THREAD.items() <= os.environ.items():
        # The libraries read these when they are loaded, so the process starts over with them.
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | ONE_THREAD)
    main()
