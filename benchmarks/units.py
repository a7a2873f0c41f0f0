"""How speech units agree with the sounds that the shipped model hears, front by front.

    python -m benchmarks.units --data ../shared/data [--front runs/masked-speech/model@3 ...]

Units are k-means centres of frames, 25 a second, learned on GCompris and Artikulate recordings of meanings
for training and counted on recordings of meanings for tests. There are no hand-made phone labels in the data,
so the reference is the most likely sound of the shipped model in each frame where it hears one; the front
`default` is what it reads them from, so its line is a ceiling and no rival. Writes
benchmarks/results/units.md.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from benchmarks.fronts import SEED, SETS, Clip, clips, heard_sounds, label, labelled, shipped_version

from polyvox.evaluate.metrics.unit_quality import unit_quality
from polyvox.modules.front import open_front
from polyvox.modules.units import Units
from polyvox.train.split import Part

RESULT = Path(__file__).parent / "results" / "units.md"
FRONTS = ("log-mel", "default")
LEARNED, TESTED = 800, 400
"""Recordings, half of each set."""
WORDS = """\
Learned on {learned} recordings, counted on {tested} others, frames where the shipped model (version
{version}) hears a sound; seed {seed}. Purities and information as in HuBERT (arXiv 2106.07447): share of
frames whose sound is the most frequent one of their unit, share whose unit is the most frequent one of their
sound, part of the sounds' entropy that the units explain. Seconds are of k-means, one thread. Made by
`python -m benchmarks.units`.
"""
HEAD = (
    "| front | units | frames learned from | used | perplexity | phone purity | cluster purity | information "
    "| seconds |\n|---|---|---|---|---|---|---|---|---|"
)


def drawn(data: Path, part: Part, most: int) -> list[Clip]:
    """Recordings of a part, half of each set."""
    return [clip for source in SETS for clip in clips(data, source, part, most=most // len(SETS))]


def lines_of(name: str, sizes: Sequence[int], learn: Sequence[Clip], test: Sequence[Clip]) -> list[str]:
    """A line for each number of units."""
    path, _, layer = name.partition("@")
    front = open_front(path, layers=[int(layer)] if layer else None)
    heard = front.frames([clip.audio for clip in learn])
    tested, sounds = labelled(front.frames([clip.audio for clip in test]), heard_sounds(test))
    lines = []
    for size in sizes:
        began = time.process_time()
        units = Units.fit(front, heard, size=size, seed=SEED)
        seconds = time.process_time() - began
        found = unit_quality(units.of(tested), sounds)
        shown = [
            f"{label(path)}{f', layer {layer}' if layer else ''}",
            str(size),
            str(sum(map(len, heard))),
            str(found.used),
            f"{found.perplexity:.0f}",
            f"{found.phone_purity:.3f}",
            f"{found.cluster_purity:.3f}",
            f"{found.information:.3f}",
            f"{seconds:.0f}",
        ]
        lines.append(f"| {' | '.join(shown)} |")
        print(lines[-1], flush=True)
    common = np.bincount(sounds).max() / len(sounds)
    print(f"{len(sounds)} frames of {len(test)} recordings, most frequent sound {common:.3f}", flush=True)
    return lines


def main() -> None:
    """The command line of this script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument(
        "--front", action="append", default=[], help="besides log-mel and default; name@layer"
    )
    parser.add_argument("--size", action="append", type=int, default=[], help="units; default 100 and 1024")
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    sizes = given.size or [100, 1024]
    learn, test = drawn(given.data, Part.TRAIN, LEARNED), drawn(given.data, Part.TEST, TESTED)
    names = [*FRONTS, *given.front]
    lines = [line for name in names for line in lines_of(name, sizes, learn, test)]
    words = WORDS.format(learned=LEARNED, tested=TESTED, version=shipped_version(), seed=SEED)
    given.out.write_text("\n".join(["# Speech units\n", words, HEAD, *lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
