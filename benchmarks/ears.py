r"""Ears for a text index: the data of recipes/ears, and what a trained model finds by voice.

    python -m benchmarks.ears prepare --data ../shared/data --out ears-data
    polyvox synthesize ears-data/sentences.tsv ears-data/spoken --engines espeak,flite
    polyvox synthesize ears-data/known.tsv ears-data/known --engines festival
    polyvox train recipes/ears --data ears-data --out runs/ears --control
    polyvox train recipes/ears-by-words --data ../shared/data --out runs/words
    python -m benchmarks.ears measure --data ../shared/data --prepared ears-data --teacher FOLDER_OR_NAME \
        default runs/ears/model runs/ears/control/model runs/words/model cascade:pocketsphinx

`prepare` copies the human English recordings to train on, writes the sentences to speak, and lists the texts
of the test, which neither may hold. `measure` asks by exact cosine over 500 English texts in the teacher's
space; a tie counts as a miss. It writes benchmarks/results/ears.md.

People: the English recordings of the test meanings of GCompris and Artikulate, whose texts are in no training
text of recipes/ears. Festival: a synthesiser whose voices were not trained on says texts that were. Processor
time is of all queries, on one thread of a busy machine.
"""

from __future__ import annotations

import argparse
import csv
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from benchmarks.cascade import english_tests
from benchmarks.fronts import shipped_version
from benchmarks.ranked import ranks

from polyvox.encode import Role, load_encoder
from polyvox.evaluate.systems import load_system
from polyvox.item import Audio
from polyvox.read.sound import load_audio
from polyvox.train.human_speech import Spoken, human_speech
from polyvox.train.manifest import read_manifest
from polyvox.train.markdown_table import markdown
from polyvox.train.parallel_text import rows, speakable
from polyvox.train.rows import text_hash
from polyvox.train.split import Part

SETS = ("artikulate", "gcompris", "fsdd")
SENTENCES = {"train-lexicon": 4000, "train-interface": 500, "train-tldr": 400, "train-cldr": 600}
"""How many English texts of at most 60 characters are drawn from each file."""
DIGITS = 600
"""Recordings of the digits that are trained on; there are only ten of them to say."""
SHIPPED = 256
"""Dimensions of the shipped model, which is measured in its own space for comparison."""
NAMES = {
    "default": "the shipped model in its own space",
    "runs/ears/model": "recipes/ears",
    "runs/ears/control/model": "recipes/ears on shuffled pairs",
    "runs/words/model": "recipes/ears-by-words",
    "cascade:pocketsphinx": "PocketSphinx, then the teacher",
}
RESULT = Path(__file__).parent / "results" / "ears.md"
KNOWN, KNOWN_POOL = 160, 500
"""Texts of the training that another synthesiser says, and the pool that they are looked for in."""
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
        texts = list(sentences(data, kept_out, dice))
        table.writerows([text, "en"] for text in texts)
    known = random.Random(seed).sample(texts, KNOWN_POOL)
    (out / "known-pool.txt").write_text("\n".join(known) + "\n", encoding="utf-8")
    asked = "".join(f"{text}\ten\n" for text in known[:KNOWN])
    (out / "known.tsv").write_text(f"text\tlanguage\n{asked}", encoding="utf-8")


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


class Test(NamedTuple):
    """Recordings, the text that each should find, and the pool."""

    name: str
    audio: list[Audio]
    wanted: list[str]
    pool: list[str]


def unknown_texts(data: Path) -> Test:
    """People who say what was in no training text."""
    return Test("people, texts never trained on", *english_tests(data, None))


def known_texts(prepared: Path) -> Test:
    """A synthesiser of another kind, which says what was trained on."""
    pool = (prepared / "known-pool.txt").read_text(encoding="utf-8").splitlines()
    spoken = list(read_manifest(prepared / "known" / "manifest.tsv"))
    audio = [load_audio(prepared / "known" / one.path) for one in spoken]
    return Test("Festival, texts trained on", audio, [one.transcript for one in spoken], pool)


def measure(system: str, teacher: str, test: Test) -> list[str]:
    """One row: R@1, R@10, MRR and processor seconds; the pool is encoded by the teacher itself."""
    encoder = load_system(f"{system}+{teacher}" if system.startswith("cascade:") else system)
    texts = load_encoder("default" if encoder.card.dimension == SHIPPED else teacher).encode_text(test.pool)
    encoder.encode_speech(test.audio[:1])
    began = time.process_time()
    vectors = np.concatenate([encoder.encode_speech([one], role=Role.QUERY) for one in test.audio])
    busy = time.process_time() - began
    right = np.array(test.wanted, object)[:, None] == np.array(test.pool, object)[None]
    rank = ranks(vectors @ texts.T, right)
    figures = ((rank == 1).mean(), (rank <= 10).mean(), (1 / rank).mean())
    told = [NAMES.get(system, system), test.name, f"{len(rank)}", f"{len(test.pool)}"]
    return [*told, *(f"{figure:.3f}" for figure in figures), f"{busy:.1f}"]


def write(measured: list[list[str]]) -> None:
    """Write the table."""
    head = ["", "who says what", "queries", "pool", "R@1", "R@10", "MRR", "processor, s"]
    lines = ["# Ears for all-MiniLM-L6-v2", "", *(__doc__ or "").strip().split("\n\n")[-1].splitlines()]
    lines += [f"The shipped model is version {shipped_version()}.", ""]
    page = "\n".join([*lines, markdown(head, measured)])
    RESULT.write_text(page, encoding="utf-8")
    print(page)


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
    measuring = steps.add_parser("measure")
    measuring.add_argument("--data", type=Path, required=True)
    measuring.add_argument("--prepared", type=Path, required=True, help="what `prepare` wrote")
    measuring.add_argument("--teacher", required=True)
    measuring.add_argument("systems", nargs="+")
    arguments = parser.parse_args()
    if arguments.step == "prepare":
        prepare(arguments.data, arguments.out, arguments.seed)
    else:
        tests = [unknown_texts(arguments.data), known_texts(arguments.prepared)]
        systems = arguments.systems
        write([measure(system, arguments.teacher, test) for test in tests for system in systems])


if __name__ == "__main__":
    main()
