"""The recordings of a `masked` recipe: those that are learned from and those that are only watched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from polyvox.encode.features import FRAMES_PER_SECOND
from polyvox.errors import PolyvoxError
from polyvox.train.augment import Augmentation
from polyvox.train.feature_store import Example, build_store
from polyvox.train.manifest import Recording, manifest_folder, read_manifest
from polyvox.train.masked.recipe import Data, Source
from polyvox.train.progress import say_skipped
from polyvox.train.speech_batches import SpeechSource
from polyvox.train.split import Part, meaning, part_of


@dataclass(frozen=True, slots=True)
class Rows:
    """Recordings to learn from, by source, and places of those that are watched."""

    train: SpeechSource
    watched: Sequence[tuple[int, int]]
    hours: float


def read_examples(data: Data, folder: Path) -> list[Example]:
    """The recordings to learn from, part train, and those to watch, part development.

    Recordings of meanings that tests use are in neither, and rows that cannot be used are named and left out.

    Raises:
        PolyvoxError: a manifest cannot be used.
    """
    found = [
        _example(recording, source, folder, data)
        for source in data.sources
        for recording in read_manifest(folder / source.path, language=source.language, report=say_skipped)
        if recording.seconds <= data.max_seconds
    ]
    held_out = [number for number, example in enumerate(found) if example.part == Part.DEVELOPMENT]
    watched = set(np.random.default_rng(0).permutation(held_out)[: data.watched].tolist())
    return [
        example for number, example in enumerate(found) if example.part == Part.TRAIN or number in watched
    ]


def _example(recording: Recording, source: Source, folder: Path, data: Data) -> Example:
    path = manifest_folder(folder / source.path) / recording.path
    what = meaning(recording.key, recording.translation, recording.transcript)
    part = part_of(what)
    if recording.split:
        part = Part.TRAIN if recording.split in data.train_splits else Part.DEVELOPMENT
    return Example(str(path), source.path, recording.language, part, (), "", "", recording.key)


def load_rows(data: Data, folder: Path, store: Path) -> Rows:
    """Features of all recordings, computed once and kept in `store`.

    Raises:
        PolyvoxError: a manifest cannot be used, or nothing is left to learn from or to watch.
    """
    kept = build_store(read_examples(data, folder), store, _CLEAN, seed=0)
    groups: dict[str, list[tuple[int, int]]] = {}
    watched = []
    # A store that was built in two goes has its rows in another order; the draw must not follow it.
    for number, row in sorted(enumerate(kept.rows), key=lambda pair: pair[1].example.path):
        if row.example.part == Part.TRAIN:
            groups.setdefault(row.example.source, []).append((0, number))
        else:
            watched.append((0, number))
    if not groups or not watched:
        raise PolyvoxError(
            f"{folder}: there must be recordings to learn from and held-out ones to watch, but there are "
            f"{sum(map(len, groups.values()))} and {len(watched)}; see also {store / 'skipped.txt'}"
        )
    told = {source.path: source.share for source in data.sources}
    shares = {name: told[name] or float(len(places)) for name, places in groups.items()}
    frames = sum(kept.rows[number].frames for places in groups.values() for _, number in places)
    return Rows(SpeechSource([kept], groups, shares), watched, frames / FRAMES_PER_SECOND / 3600)


_CLEAN = Augmentation(**Augmentation.nothing())
