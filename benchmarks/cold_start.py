"""Where the time of one `polyvox search` goes, from process start to printed hits.

    python benchmarks/cold_start.py INDEX [--runs 9]

Whole processes, medians; the parts come from one process that stops the clock after each step.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time

STEPS = """
import json, time
marks = [("python", 0.0)]
start = time.perf_counter()
def mark(name):
    marks.append((name, time.perf_counter() - start))
import numpy
mark("import numpy")
import lance
mark("import lance")
from polyvox.index import Index
mark("import polyvox.index")
index = Index.open(INDEX)
mark("open the index")
from polyvox.encode import Role
vector = index.encoder.encode_text(["where can I buy fish"], role=Role.QUERY)
mark("load the model, encode the question")
index.search(vector[0], limit=10)
mark("load the head, scan, fetch the hits")
index.search("where can I buy fish", limit=10)
mark("second search: encode, scan, words, fuse")
print(json.dumps(marks))
"""


def whole(index: str, runs: int) -> list[float]:
    """Seconds of whole `polyvox search` processes."""
    command = [sys.executable, "-m", "polyvox", "search", "where can I buy fish", "--in", index]
    seconds = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - began)
    return seconds[1:]


def parts(index: str, runs: int) -> list[tuple[str, float]]:
    """Median seconds of each step inside one process."""
    tables = []
    for _ in range(runs):
        program = STEPS.replace("Index.open(INDEX)", f"Index.open({index!r})")
        out = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
        tables.append(json.loads(out.stdout))
    names = [name for name, _ in tables[0]][1:]
    return [(name, statistics.median(t[i + 1][1] - t[i][1] for t in tables)) for i, name in enumerate(names)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("index")
    parser.add_argument("--runs", type=int, default=9)
    arguments = parser.parse_args()
    total = whole(arguments.index, arguments.runs)
    print("| step | seconds (median) |\n|---|---|")
    for name, seconds in parts(arguments.index, arguments.runs):
        print(f"| {name} | {seconds:.3f} |")
    spread = f"min {min(total):.3f}, max {max(total):.3f}"
    print(f"| **whole process** ({spread}) | **{statistics.median(total):.3f}** |")


if __name__ == "__main__":
    main()
