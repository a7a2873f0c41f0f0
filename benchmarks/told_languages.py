"""What it brings to tell the model which language a recording is in: the same queries and pools, twice."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.ranked import HEAD, Row, row

from polyvox.encode import Encoder
from polyvox.read.sound import load_audio
from polyvox.train.manifest import read_manifest

BESIDE = (
    "| {} | queries | pool | R@1 unknown | R@1 told | R@5 unknown | R@5 told | MRR unknown | MRR told |\n"
    "|---|---|---|---|---|---|---|---|---|"
)

READERS = """Drink orders in English by more than fifty people, none of whom the model heard in training
(Picovoice speech-to-intent benchmark). What is known of an order are its slots, so the wanted text is their
words, in alphabetical order of the slots; the pool holds the texts of all orders. These are sentences of
five to ten seconds, and other readers than those above: the two cannot be told apart here.
"""


def beside(unknown: Iterable[Row], told: Iterable[Row]) -> Iterator[str]:
    """Lines under `BESIDE`: each row as the language is unknown and as it is told."""
    for before, after in zip(unknown, told, strict=True):
        yield (
            f"| {before.name} | {before.queries} | {before.pool} | {before.first:.3f} | {after.first:.3f} | "
            f"{before.fifth:.3f} | {after.fifth:.3f} | {before.reciprocal:.3f} | {after.reciprocal:.3f} |"
        )


def unseen_readers(encoder: Encoder, folder: Path) -> Iterator[str]:
    """Orders in English by more than fifty readers who were never heard, to the words of their slots."""
    recordings = [one for one in read_manifest(folder / "manifest.tsv") if one.language == "en"]
    audio = [load_audio(folder / one.path) for one in recordings]
    wanted = [order(one.transcript) for one in recordings]
    pool = sorted(set(wanted))
    texts = encoder.encode_text(pool)
    yield HEAD.format("English orders, readers never heard")
    for name, languages in (("language unknown", ()), ("told English", ("en",))):
        told = [replace(one, languages=languages) for one in audio]
        yield str(row(name, encoder.encode_speech(told), wanted, texts, pool))


def order(slots: str) -> str:
    """The words of an order's slots.

    >>> order('{"coffeeDrink": "mocha", "milkAmount": " soy milk"}')
    'mocha soy milk'
    """
    values: Sequence[str] = list(json.loads(slots).values())
    return " ".join(" ".join(values).split())
