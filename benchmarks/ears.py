"""Ears for a text index: the data of recipes/ears, and what a trained model finds by voice.

    python -m benchmarks.ears prepare --data ../shared/data --out ears-data
    polyvox synthesize ears-data/sentences.tsv ears-data/spoken --format opus
    polyvox train recipes/ears --data ears-data --out runs/ears --control
    python -m benchmarks.ears measure --data ../shared/data --run runs/ears --teacher FOLDER_OR_NAME

`prepare` copies the human English recordings to train on, writes the sentences to speak, and lists the texts
of the test, which neither may hold. `measure` writes benchmarks/results/ears.md.
"""

from __future__ import annotations

import argparse
import csv
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from polyvox.train.human_speech import Spoken, human_speech
from polyvox.train.parallel_text import rows, speakable
from polyvox.train.rows import text_hash
from polyvox.train.split import Part

SETS = ("artikulate", "gcompris", "fsdd")
SENTENCES = {"train-lexicon": 4000, "train-cldr": 1500, "train-interface": 1500, "train-tldr": 1000}
"""How many English texts of at most 60 characters are drawn from each file."""
DIGITS = 600
"""Recordings of the digits that are trained on; there are only ten of them to say."""
HEADER = ("path", "language", "split", "transcript")


def english(data: Path) -> list[Spoken]:
    """All human English recordings that came with a text."""
    found = human_speech(data / "speech", SETS, {})
    return [one for one in found if one.language == "en" and one.given and one.text]


def prepare(data: Path, out: Path, seed: int) -> None:
    """Write `human/manifest.tsv`, `sentences.tsv` and `test-texts.txt`."""
    spoken = english(data)
    tested = sorted({one.text for one in spoken if one.part is Part.TEST})
    kept_out = {text_hash(text) for text in tested}
    (out / "human").mkdir(parents=True)
    (out / "test-texts.txt").write_text("\n".join(tested) + "\n", encoding="utf-8")
    dice = random.Random(seed)
    digits = [one for one in spoken if one.source == "fsdd" and one.part is not Part.TEST]
    others = [one for one in spoken if one.source != "fsdd" and one.part is not Part.TEST]
    with (out / "human" / "manifest.tsv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(HEADER)
        for one in others + dice.sample(digits, min(DIGITS, len(digits))):
            if text_hash(one.text) in kept_out:
                continue
            name = f"{one.source}-{one.path.name}"
            shutil.copy(one.path, out / "human" / name)
            table.writerow([name, "en", "dev" if one.part is Part.DEVELOPMENT else "train", one.text])
    with (out / "sentences.tsv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, quotechar=None)
        table.writerow(["text", "language"])
        table.writerows([text, "en"] for text in sentences(data, kept_out, dice))


def sentences(data: Path, kept_out: set[int], dice: random.Random) -> Iterator[str]:
    """The English texts to speak; none is a text of the test."""
    seen = set(kept_out)
    for source, wanted in SENTENCES.items():
        texts = []
        for row in rows(data / "text" / f"{source}.jsonl.xz"):
            text = " ".join(row.get("en", "").split())
            if text and speakable(text, 60) and "skin tone" not in text and text_hash(text) not in seen:
                seen.add(text_hash(text))
                texts.append(text)
        yield from dice.sample(texts, min(wanted, len(texts)))


def main() -> None:
    """Run one of the two steps."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    steps = parser.add_subparsers(required=True, dest="step")
    preparing = steps.add_parser("prepare")
    preparing.add_argument("--data", type=Path, required=True)
    preparing.add_argument("--out", type=Path, required=True)
    preparing.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    prepare(arguments.data, arguments.out, arguments.seed)


if __name__ == "__main__":
    main()
