"""Time and memory of `polyvox index`, measured from outside as whole processes.

    python benchmarks/indexing.py text 1000000      # sentences from $POLYVOX_DATA, again with numbers
    python benchmarks/indexing.py speech 5          # hours of human speech from $POLYVOX_DATA

Prints one Markdown row per run: items, seconds, items a second, the largest resident memory, bytes on disk.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import lzma
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

DATA = Path(os.environ.get("POLYVOX_DATA", "../shared/data"))


def sentences() -> Iterator[str]:
    """Every short text of the Tatoeba pairs, over and over, numbered from the second round on."""
    with lzma.open(DATA / "text" / "test-tatoeba.jsonl.xz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    texts = [text for row in rows for text in row.values()]
    yield from texts
    for round_number in itertools.count(2):
        for text in texts:
            yield f"{text} {round_number}"


def write_lines(count: int, folder: Path) -> None:
    """`count` lines in files of 100,000."""
    source = sentences()
    for first in range(0, count, 100_000):
        lines = itertools.islice(source, min(100_000, count - first))
        rows = (json.dumps({"text": " ".join(line.split())}, ensure_ascii=False) for line in lines)
        (folder / f"lines-{first:08d}.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")


def link_speech(hours: float, folder: Path) -> float:
    """Links to human recordings, up to `hours` in all; returns the hours linked."""
    linked = 0.0
    for manifest in sorted((DATA / "speech").glob("*/manifest.tsv")):
        rows = csv.DictReader(manifest.read_text(encoding="utf-8").splitlines(), delimiter="\t")
        for row in rows:
            if linked >= hours * 3600:
                return linked / 3600
            name = folder / manifest.parent.name / row["path"]
            name.parent.mkdir(parents=True, exist_ok=True)
            name.symlink_to((manifest.parent / row["path"]).resolve())
            linked += float(row["seconds"])
    return linked / 3600


def main() -> None:
    """Make the input, index it in a process of its own, print the row."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=("text", "speech"))
    parser.add_argument("amount", type=float)
    parser.add_argument("--keep", type=Path, help="keep the index in this folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "source"
        source.mkdir()
        if arguments.kind == "text":
            write_lines(int(arguments.amount), source)
        else:
            arguments.amount = link_speech(arguments.amount, source)
        into = arguments.keep or Path(scratch) / "index"
        command = [sys.executable, "-m", "polyvox", "index", str(source), "--into", str(into)]
        began = time.perf_counter()
        code = subprocess.run(command, check=False).returncode
        seconds = time.perf_counter() - began
        if code not in (0, 1):  # 1: some recordings hold no speech
            raise SystemExit(f"polyvox index failed with code {code}; nothing was measured")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
        out = subprocess.run(
            [sys.executable, "-m", "polyvox", "info", str(into), "--json"], capture_output=True, check=True
        )
        info = json.loads(out.stdout)
        print("| input | items | seconds | items/s | peak resident GiB | MB on disk |\n" + "|---" * 6 + "|")
        amount = (
            f"{arguments.amount:,.0f} texts"
            if arguments.kind == "text"
            else f"{arguments.amount:.2f} h speech"
        )
        print(
            f"| {amount} | {info['items']:,} | {seconds:.0f} | {info['items'] / seconds:,.0f} | {peak:.2f} "
            f"| {info['bytes_on_disk'] / 1e6:,.0f} |"
        )


if __name__ == "__main__":
    main()
