"""How fast speech is encoded, in multiples of real time, by length of recording and number of threads.

    python benchmarks/speech_speed.py --data ../shared/data [--model src/polyvox/models/default]

Front end and network apart and together, on human recordings (gcompris) joined to the length stated; beside
them, where it is installed, the recogniser pocketsphinx with which a cascade would begin.
Writes benchmarks/results/speech-speed.md.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from polyvox.encode.features import log_mel
from polyvox.encode.load import default_model_folder
from polyvox.encode.speech import SpeechTower
from polyvox.errors import MissingExtraError
from polyvox.item import SAMPLING_RATE, Audio
from polyvox.read.sound import load_audio
from polyvox.train.manifest import read_manifest

RESULT = Path(__file__).parent / "results" / "speech-speed.md"
LENGTHS = (1, 5, 10, 20)
SECONDS_A_RUN = 120
RUNS = 5
CASCADE_RECORDINGS = 30


def recordings(folder: Path, length: int) -> list[Audio]:
    """Two minutes of human speech in recordings of `length` seconds."""
    samples: list[np.ndarray] = []
    total = 0
    for row in read_manifest(folder / "manifest.tsv"):
        samples.append(load_audio(folder / row.path).samples)
        total += len(samples[-1])
        if total >= SECONDS_A_RUN * SAMPLING_RATE:
            break
    joined = np.concatenate(samples)
    size = length * SAMPLING_RATE
    return [Audio(joined[start : start + size]) for start in range(0, len(joined) - size + 1, size)]


def fastest(work: Callable[[], object]) -> float:
    """Seconds of the median of `RUNS` runs after one that warms up."""
    work()
    taken = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return sorted(taken)[RUNS // 2]


def line(tower: SpeechTower, audio: Sequence[Audio], length: int, threads: int) -> str:
    """One row: length, threads, and multiples of real time of the whole, the front end, one at a time."""
    spoken = sum(one.seconds for one in audio)
    whole = fastest(lambda: tower.encode(audio))
    front = fastest(lambda: [log_mel(one) for one in audio])
    single = fastest(lambda: [tower.encode([one]) for one in audio])
    return (
        f"| {length} s | {threads} | {spoken / whole:.0f} × | {spoken / single:.0f} × | "
        f"{1000 * single / len(audio):.1f} ms | {spoken / front:.0f} × |"
    )


def cascade_lines(folder: Path) -> list[str]:
    """One row for pocketsphinx on English recordings, one at a time; none where it is not installed."""
    from polyvox.evaluate.recognise import Pocketsphinx

    try:
        recogniser = Pocketsphinx()
    except MissingExtraError:
        return []
    rows = [row for row in read_manifest(folder / "manifest.tsv") if row.language == "en"]
    audio = [load_audio(folder / row.path) for row in rows[:CASCADE_RECORDINGS]]
    spoken = sum(one.seconds for one in audio)
    recogniser.transcribe(audio[:1])
    begin = time.perf_counter()
    recogniser.transcribe(audio)
    taken = time.perf_counter() - begin
    speed = f"{spoken / taken:.1f} × | {1000 * taken / len(audio):.0f} ms"
    return [f"| pocketsphinx alone, {spoken / len(audio):.1f} s | 1 | – | {speed} | – |"]


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--model", type=Path, default=default_model_folder())
    given = parser.parse_args()
    lines = [
        "# Speech speed\n",
        f"{SECONDS_A_RUN} s of human speech a run, median of {RUNS} runs; {os.cpu_count()} processors. "
        "The front end runs on one thread in every row.\n",
        "| recording | threads | in batches | one at a time | a recording takes | front end alone |",
        "|---|---|---|---|---|---|",
    ]
    for threads in (1, 2):
        tower = SpeechTower.load(given.model, threads=threads)
        for length in LENGTHS:
            audio = recordings(given.data / "speech" / "gcompris", length)
            lines.append(line(tower, audio, length, threads))
    lines += cascade_lines(given.data / "speech" / "gcompris")
    report = "\n".join(lines) + "\n"
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(report, encoding="utf-8")
    print(report)


if __name__ == "__main__":
    main()
