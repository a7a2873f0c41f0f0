"""What noise does to a model of a new language, and whom it understands.

    python -m benchmarks.new_language RUN --recipe recipes/new-language --data ../shared/data

RUN is what `polyvox train --variants` wrote. The test recordings of the recipe ask for their texts among all
test texts, clean and with noise; exact search, ties are misses. Readers are what stands before the first "_"
of the column `speaker`. Writes benchmarks/results/new-language.md.
"""

from __future__ import annotations

import argparse
import csv
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.fronts import shipped_version
from benchmarks.speech_limits import Distort, babble, white
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from polyvox.item import SAMPLING_RATE
from polyvox.modules.space import open_space
from polyvox.read.sound import load_audio
from polyvox.train.augment import mix
from polyvox.train.markdown_table import markdown
from polyvox.train.tower.draws import Draw
from polyvox.train.tower.evaluator import Retrieval
from polyvox.train.tower.recipe import VARIANTS, Recipe, read_recipe
from polyvox.train.tower.rows import Row, load_rows
from polyvox.train.tower.run import MODEL, RANKS
from polyvox.train.tower.teacher import Teacher

RESULT = Path(__file__).parent / "results" / "new-language.md"
NOISY = ("4-hours", "with-distorted-copies")
DECIBELS = (20, 10, 0)
SEED = 1


class Noisy:
    """Reads recordings with noise at some decibels below the voice; none where `noise` is None.

    Args:
        noise: makes it.
        decibels: signal over noise.
        max_seconds: of a recording.
    """

    def __init__(self, noise: Distort | None, decibels: float, max_seconds: float) -> None:
        self._noise, self._decibels, self._max_seconds = noise, decibels, max_seconds

    def draw(self, draw: Draw) -> NDArray[np.float32]:
        """Not needed: nothing is trained."""
        raise NotImplementedError

    def batch(self, features: Sequence[NDArray[np.float32]]) -> dict[str, Any]:
        """Not needed: nothing is trained."""
        raise NotImplementedError

    def whole(self, path: Path) -> Mapping[str, Any]:
        """The samples, with the same noise for the same recording."""
        samples = load_audio(path, self._max_seconds).samples
        if self._noise is not None:
            dice = np.random.default_rng([SEED, zlib.crc32(path.name.encode())])
            samples = mix(samples, self._noise(samples, dice), self._decibels)
        return {"array": samples, "sampling_rate": SAMPLING_RATE}


def noise_table(runs: Path, recipe: Recipe, rows: Sequence[Row], data: Path) -> str:
    """R@10 and MRR of models under noise."""
    noises: list[tuple[str, Distort | None, float]] = [("clean", None, 0)]
    for name, make in (("white", white), ("babble", babble(data))):
        noises += [(f"{name} {decibels} dB", make, decibels) for decibels in DECIBELS]
    table = []
    teacher = Teacher(recipe.model.teacher)
    for name in NOISY:
        folder = runs / VARIANTS / name / MODEL
        if not folder.is_dir():
            continue
        route: Any = open_space(folder)[0].sub_modules
        model = SentenceTransformer(modules=list(route["audio"]), device="cpu")
        cells = []
        for _, noise, decibels in noises:
            listener = Noisy(noise, decibels, recipe.model.max_seconds)
            found = Retrieval(rows, teacher, ["translation"], len(rows), listener)(model)
            cells.append(f"{found['recall@10']:.3f} / {found['mrr']:.3f}")
        table.append([name, *cells])
    return markdown(["model", *(name for name, _, _ in noises)], table)


def reader_table(runs: Path) -> str:
    """R@10 of every variant by reader."""
    found: dict[str, dict[str, list[int]]] = {}
    for path in sorted(runs.glob(f"{VARIANTS}/*/{RANKS}")):
        by_reader: dict[str, list[int]] = defaultdict(list)
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        for row in rows:
            if row["side"] == rows[0]["side"]:
                by_reader[row["speaker"].split("_")[0]].append(int(row["rank"]))
        found[path.parent.name] = by_reader
    readers = sorted({reader for by_reader in found.values() for reader in by_reader})
    table = [
        [name, *(f"{np.mean(np.array(by_reader[reader]) <= 10):.3f}" for reader in readers)]
        for name, by_reader in found.items()
    ]
    counts = next(iter(found.values()), {})
    table.append(["recordings", *(str(len(counts[reader])) for reader in readers)])
    return markdown(["variant", *readers], table)


def main() -> None:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("runs", type=Path)
    parser.add_argument("--recipe", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=250, help="test recordings under noise")
    options = parser.parse_args()
    recipe = read_recipe(options.recipe)
    rows = sorted(load_rows(recipe.data, options.data).test, key=lambda row: row.path.name)
    parts = [
        "# A new language: noise and readers\n",
        f"`python -m benchmarks.new_language RUN --recipe {options.recipe} --data …`, {len(rows)} test "
        f"recordings, seed {SEED}, ties are misses. The shipped model is version {shipped_version()}.\n",
        f"## Noise: R@10 / MRR, {min(options.limit, len(rows))} recordings and their texts\n",
        noise_table(options.runs, recipe, rows[: options.limit], options.data),
        "## Readers: R@10\n",
        reader_table(options.runs),
    ]
    RESULT.write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
