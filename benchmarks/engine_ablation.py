"""Which synthesisers carry over to people: phone error on human words by what was trained on.

One engine, three engines, three engines and people.

    python benchmarks/engine_ablation.py FEATURES [--steps 600] [--out FOLDER]

FEATURES holds the folders `human` and `synthetic` that `polyvox.train.speech_tower` builds in its output
folder (recipe: recipes/default). Small networks, equal steps, equal batches, the same mixture of languages
in every synthetic batch. Goes on where it stopped. Prints the table of recipes/default/README.md.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from polyvox.modules.sounds import Sounds, SoundsConfig
from polyvox.train.engines import ENGINES
from polyvox.train.feature_store import FeatureStore
from polyvox.train.sounds import SoundsTraining, error_rates, inventory, train_sounds
from polyvox.train.speech_batches import SpeechSource
from polyvox.train.split import Part

Place = tuple[int, int]
Groups = Mapping[str, Sequence[Place]]
HUMAN, SYNTHETIC = 0, 1
KEPT_OUT = 0.03
HUMAN_SHARE = 0.5


@dataclass(frozen=True)
class Condition:
    """What one network learns from: engines, and whether people too."""

    name: str
    engines: frozenset[str]
    human: bool = False


CONDITIONS = (
    Condition("espeak-ng", frozenset({"espeak"})),
    Condition("espeak-ng, Flite, Festival", frozenset(ENGINES)),
    Condition("the three and people", frozenset(ENGINES), human=True),
)


def engine_of(path: str) -> str:
    """The engine that spoke a file of a synthesis run, from its path.

    >>> engine_of("/spoken/espeak/fr/00/0000.wav")
    'espeak'
    """
    return Path(path).parts[-4]


def kept_out(path: str) -> bool:
    """Whether a synthetic recording is for testing, by a hash of its name."""
    return zlib.crc32(Path(path).name.encode()) / 2**32 < KEPT_OUT


def places(stores: Sequence[FeatureStore], keep: Callable[[int, int], bool]) -> list[Place]:
    """Rows that CTC can use and that are wanted."""
    return [
        (number, position)
        for number, store in enumerate(stores)
        for position, row in enumerate(store.rows)
        if row.example.phones and row.frames >= 4 * (len(row.example.phones) + 1) and keep(number, position)
    ]


def training_source(stores: Sequence[FeatureStore], condition: Condition) -> SpeechSource:
    """The rows of a condition; every language has the share that it has in the whole synthesis."""
    groups: dict[str, list[Place]] = defaultdict(list)
    counted: dict[str, int] = defaultdict(int)
    rows = stores[SYNTHETIC].rows
    for place in places(
        stores, lambda store, number: store == SYNTHETIC and not kept_out(rows[number].example.path)
    ):
        example = rows[place[1]].example
        counted[example.language] += 1
        if engine_of(example.path) in condition.engines:
            groups[example.language].append(place)
    shares = {language: count / sum(counted.values()) for language, count in counted.items()}
    if condition.human:
        groups["people"] = human(stores, Part.TRAIN)
        shares["people"] = HUMAN_SHARE / (1 - HUMAN_SHARE)
    return SpeechSource(stores, groups, shares)


def human(stores: Sequence[FeatureStore], part: Part) -> list[Place]:
    """Human recordings of a part."""
    rows = stores[HUMAN].rows
    return places(stores, lambda store, number: store == HUMAN and rows[number].example.part == part)


def tests(stores: Sequence[FeatureStore]) -> dict[str, list[Place]]:
    """What is measured: development words of people by language, and synthetic speech kept out."""
    words = human(stores, Part.DEVELOPMENT)
    synthetic = stores[SYNTHETIC].rows
    return {
        "human words": words,
        "of these English": [place for place in words if stores[0].rows[place[1]].example.language == "en"],
        "synthetic, kept out": places(
            stores, lambda store, number: store == SYNTHETIC and kept_out(synthetic[number].example.path)
        ),
    }


def english_training_words(stores: Sequence[FeatureStore]) -> list[Place]:
    """English words by people, one clean copy each: unseen where a condition has no people in it."""
    seen: set[str] = set()
    found = []
    for place in human(stores, Part.TRAIN):
        example = stores[HUMAN].rows[place[1]].example
        if example.language == "en" and example.source != "fsdd" and example.path not in seen:
            seen.add(example.path)
            found.append(place)
    return found


def error_rate(model: Sounds, source: SpeechSource, words: Sequence[Place], sounds: Sequence[str]) -> float:
    """Phone errors over phones, all sets together."""
    rates = error_rates(model, source, words, sounds)
    phones: dict[str, int] = defaultdict(int)
    for place in words:
        example = source.row(place).example
        phones[example.source] += sum(phone in sounds for phone in example.phones)
    return sum(rates[name] * phones[name] for name in rates) / sum(phones[name] for name in rates)


def measure(stores: Sequence[FeatureStore], condition: Condition, given: argparse.Namespace) -> str:
    """Train one network, going on where it stopped, and give its row of the table."""
    folder = given.out / condition.name.replace(" ", "-").replace(",", "")
    done = folder / "row.json"
    if done.exists():
        return str(json.loads(done.read_text())["row"])
    sounds = inventory([row.example.phones for store in stores for row in store.rows], 80)
    training = SoundsTraining(
        steps=given.steps,
        batch=given.batch,
        learning_rate=2e-3,
        warmup=100,
        decay=given.steps // 3,
        intermediate=0.0,
        tempo=0.0,
        mels=0.0,
        seed=given.seed,
    )
    torch.manual_seed(given.seed)
    model = Sounds(SoundsConfig(len(sounds), width=144, layers=3))
    source = training_source(stores, condition)
    train_sounds(model, source, sounds, training, folder)
    measured = tests(stores)
    if not condition.human:
        measured["more English words"] = english_training_words(stores)
    cells = [f"{error_rate(model, source, words, sounds):.3f} ({len(words)})" for words in measured.values()]
    row = f"| {condition.name} | " + " | ".join([*cells, *["–"] * (4 - len(cells))]) + " |"
    done.write_text(json.dumps({"row": row}, ensure_ascii=False))
    return row


def main() -> None:
    """Train what is not trained yet and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("features", type=Path)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("engine-ablation"))
    given = parser.parse_args()
    torch.set_num_threads(1)
    stores = [FeatureStore(given.features / "human"), FeatureStore(given.features / "synthetic")]
    print("| trained on | human words | of these English | synthetic, kept out | more English words |")
    print("|---|---|---|---|---|")
    for condition in CONDITIONS:
        print(measure(stores, condition, given), flush=True)


if __name__ == "__main__":
    main()
