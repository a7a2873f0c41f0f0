"""Recognise, then encode the words; or encode speech at once: what each finds, and what it costs.

    python -m benchmarks.cascade --data ../shared/data [--model default] [--whisper CHECKPOINT] [--limit N]

English recordings of the test meanings (gcompris and artikulate, see `benchmarks/speech_quality.py`), pools
of 500 English texts. The cascade is pocketsphinx with its English model and the text half of the same model.
Whisper comes beside it where a checkpoint is named. Each system runs in a process of its own, on one thread.
Writes benchmarks/results/cascade.md.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from benchmarks.ranked import ranks
from benchmarks.speech_quality import SETS, candidates_for, other_texts

from polyvox.evaluate.systems import load_system
from polyvox.item import Audio
from polyvox.read.sound import load_audio
from polyvox.train.human_speech import human_speech
from polyvox.train.split import Part

RESULT = Path(__file__).parent / "results" / "cascade.md"


def english_tests(data: Path, limit: int | None) -> tuple[list[Audio], list[str], list[str]]:
    """The recordings, the text that each should find, and the pool."""
    everything = [one for one in human_speech(data / "speech", list(SETS), {}) if one.language == "en"]
    tested = [one for one in everything if one.part is Part.TEST and one.given and one.text][:limit]
    wanted = [one.text for one in tested]
    pool = candidates_for(wanted, "en", everything, other_texts(data / "text", ["en"]), "text")
    return [load_audio(one.path) for one in tested], wanted, pool


def systems_of(model: str, whisper: str | None) -> list[str]:
    """What is measured, as `load_system` names it: the model itself first."""
    recognisers = ["pocketsphinx", *([f"whisper={whisper}"] if whisper else [])]
    return [model, *(f"cascade:{recogniser}+{model}" for recogniser in recognisers)]


def measure(system: str, data: Path, limit: int | None) -> dict[str, float | str]:
    """One system's figures; processor time is of this process with its threads."""
    audio, wanted, pool = english_tests(data, limit)
    encoder = load_system(system)
    encoder.encode_speech(audio[:1])
    texts = encoder.encode_text(pool)
    wall, busy = time.perf_counter(), time.process_time()
    vectors = np.concatenate([encoder.encode_speech([one]) for one in audio])
    busy, wall = time.process_time() - busy, time.perf_counter() - wall
    right = np.array(wanted, object)[:, None] == np.array(pool, object)[None]
    found = ranks(vectors @ texts.T, right)
    seconds = sum(one.seconds for one in audio)
    return {
        "name": encoder.card.name,
        "queries": len(audio),
        "pool": len(pool),
        "seconds": seconds,
        "first": float((found == 1).mean()),
        "fifth": float((found <= 5).mean()),
        "reciprocal": float((1 / found).mean()),
        "busy": busy / seconds,
        "wall": wall / seconds,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def apart(system: str, given: argparse.Namespace) -> dict[str, float | str]:
    """`measure` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.cascade", "--system", system]
    command += ["--data", str(given.data), *(["--limit", str(given.limit)] if given.limit else [])]
    threads = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=threads)
    figures: dict[str, float | str] = json.loads(done.stdout.splitlines()[-1])
    return figures


def table(figures: Sequence[dict[str, float | str]]) -> str:
    """The report."""
    first = figures[0]
    lines = [
        "# Cascade\n",
        f"{first['queries']} English recordings of the test meanings ({float(first['seconds']):.0f} s, "
        f"gcompris and artikulate), one at a time; pool of {first['pool']} English texts as in "
        "speech-quality.md; a tie is a miss. Processor seconds and memory are those of a process of its "
        "own on one thread.\n",
        "| system | R@1 | R@5 | MRR | processor s per s of speech | times real time | peak memory MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in figures:
        busy = float(row["busy"])
        lines.append(
            f"| {row['name']} | {row['first']:.3f} | {row['fifth']:.3f} | {row['reciprocal']:.3f} | "
            f"{busy:.4f} | {1 / busy:.1f} × | {row['memory']:.0f} |"
        )
    if len(figures) > 1:
        ratio = float(figures[1]["busy"]) / float(figures[0]["busy"])
        lines.append(f"\nThe first is {ratio:.0f} times as fast as the second.")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure all systems, or one of them for a parent process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="default")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--limit", type=int, help="recordings")
    parser.add_argument("--whisper", metavar="CHECKPOINT", help="a Whisper checkpoint as a third system")
    parser.add_argument("--system", help="measure this one alone and print JSON")
    given = parser.parse_args()
    if given.system:
        print(json.dumps(measure(given.system, given.data, given.limit)))
        return
    report = table([apart(system, given) for system in systems_of(given.model, given.whisper)])
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(report, encoding="utf-8")
    print(report)


if __name__ == "__main__":
    main()
