"""`polyvox serve` under load, under attack, and killed in the middle.

    python -m benchmarks.serve                                  everything, ten minutes of endurance
    python -m benchmarks.serve --seconds 120 --only endurance   one part, shorter
    python -m benchmarks.serve --txtai /path/to/venv/bin/python beside txtai's API

Run it from the root of the repository. It makes an index of 100,000 sentences from $POLYVOX_DATA in a scratch
folder (kept with --scratch), prints Markdown, and writes it to benchmarks/results/serve.md. It needs wrk.
For txtai: a virtual environment with `txtai[api]`, and polyvox in it, so that both search the same vectors;
--txtai-model adds a row with a sentence-transformers model in place of them.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.indexing import write_lines
from benchmarks.serving import endurance, faults, load, voice
from benchmarks.serving.process import Polyvox

ITEMS = 100_000
RESULTS = Path(__file__).parent / "results" / "serve.md"
CONTRACT_EXAMPLES = 500
"""For each of 20 operations, beside some 500 requests at the edges of the schema."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure, and on what."""

    index: Path
    lines: Path
    scratch: Path
    seconds: float
    txtai: Path | None
    model: str | None

    def copy(self, name: str) -> Path:
        """An index that may be changed."""
        target = self.scratch / f"{name}.index"
        for old in (target, target.with_name(f"{target.name}.serve")):
            shutil.rmtree(old, ignore_errors=True)
        return Path(shutil.copytree(self.index, target))


def prepare(scratch: Path) -> tuple[Path, Path]:
    """The index of 100,000 sentences in one piece, and the file of the sentences; made once."""
    source, index = scratch / "lines", scratch / "sentences.index"
    if not index.exists():
        source.mkdir(parents=True, exist_ok=True)
        write_lines(ITEMS, source)
        command = [sys.executable, "-m", "polyvox"]
        subprocess.run([*command, "index", str(source), "--into", str(index)], check=True)
        subprocess.run([*command, "compact", str(index)], check=True)
    return index, next(source.glob("*.jsonl"))


def load_part(plan: Plan) -> Iterator[str]:
    """Text search at 32 connections."""
    load.need("wrk")
    asked = load.questions(plan.lines)
    yield f"## Text search, {load.CONNECTIONS} connections, {ITEMS:,} items, 10 hits\n\n{load.HEADER}"
    seconds = int(min(30, plan.seconds))
    yield load.load_ours(plan.index, asked, seconds, plan.scratch)
    if plan.txtai is not None:
        for model in dict.fromkeys((None, plan.model)):
            yield load.load_txtai(plan.txtai, plan.lines, asked, seconds, plan.scratch, model)


def voice_part(plan: Plan) -> Iterator[str]:
    """A spoken question."""
    yield f"\n## A spoken question, end to end\n\n{voice.HEADER}"
    yield from voice.voice_rows(plan.index, ITEMS)


def endurance_part(plan: Plan) -> Iterator[str]:
    """Readers, a writer, and kill -9."""
    yield f"\n## Readers and a writer, kill -9 in the middle\n\n{endurance.HEADER}"
    yield endurance.endurance_row(plan.copy("endurance"), plan.seconds)


def faults_part(plan: Plan) -> Iterator[str]:
    """Bad input."""
    yield f"\n## Bad input\n\n{faults.HEADER}"
    yield from faults.fault_rows(plan.copy("faults"))


def contract_part(plan: Plan) -> Iterator[str]:
    """Generated requests against the OpenAPI description."""
    server = Polyvox(plan.copy("contract"))
    try:
        yield f"\n## Contract\n\nschemathesis, seed 1: {faults.contract(server, CONTRACT_EXAMPLES)}"
    finally:
        server.stop()


PARTS: dict[str, Callable[[Plan], Iterator[str]]] = {
    "load": load_part,
    "voice": voice_part,
    "endurance": endurance_part,
    "faults": faults_part,
    "contract": contract_part,
}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", choices=PARTS, help="one part; repeatable")
    parser.add_argument("--seconds", type=float, default=600.0, help="of endurance (600)")
    parser.add_argument(
        "--txtai", type=Path, metavar="PYTHON", help="the Python of an environment with txtai"
    )
    parser.add_argument("--txtai-model", metavar="MODEL", help="a further row with this model in txtai")
    parser.add_argument("--scratch", type=Path, help="keep indexes here for the next run")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        scratch = (arguments.scratch or Path(temporary)).absolute()
        index, lines = prepare(scratch)
        plan = Plan(index, lines, scratch, arguments.seconds, arguments.txtai, arguments.txtai_model)
        began = time.monotonic()
        busy = os.getloadavg()[0]
        rows = [
            f"# Serving\n\nMade by `python -m benchmarks.serve`; {os.cpu_count()} cores "
            f"({platform.machine()}), load of the machine {busy:.1f} when it began.\n"
        ]
        parts = [PARTS[name] for name in PARTS if name in (arguments.only or PARTS)]
        for line in itertools.chain.from_iterable(part(plan) for part in parts):
            print(line, flush=True)
            rows.append(line)
        print(f"\n({time.monotonic() - began:.0f} s)")
    if not arguments.only:
        RESULTS.write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
