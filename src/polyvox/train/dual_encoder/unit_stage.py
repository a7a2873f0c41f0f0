"""Recordings to units, once: the centres and the units of every recording are kept on disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from polyvox.errors import ReadError
from polyvox.modules.front import Frames, SpeechFront, open_front
from polyvox.modules.units import Units, sample_size
from polyvox.train.dual_encoder.speech_section import Speech
from polyvox.train.front_store import FrontStore, Hearing
from polyvox.train.human_speech import Spoken
from polyvox.train.split import Part

_CENTRES, _FRAMES, _WRITTEN = "centres", "frames", "units.jsonl"


class UnitStage:
    """The ear of a recipe.

    Args:
        speech: front and units.
        folder: where all is kept.
    """

    def __init__(self, speech: Speech, folder: Path) -> None:
        self._speech, self._folder = speech, folder

    @cached_property
    def front(self) -> SpeechFront:
        """The frozen front."""
        return open_front(self._speech.front, self._speech.layers or None)

    def ear(self) -> Units:
        """The centres with their front, once `units_of` has made them."""
        return Units.load(self._folder / _CENTRES, self.front)

    def units_of(
        self, spoken: Sequence[Spoken], report: Callable[[str], None]
    ) -> Mapping[Path, Sequence[int]]:
        """The units of every recording, runs of one unit written once; heard and learned the first time.

        The centres are learned from recordings of seen languages to train on.

        Args:
            spoken: the recordings.
            report: told of each one that cannot be read; it is left out.
        """
        path = self._folder / _WRITTEN
        if not path.is_file():
            self._write(spoken, path, report)
        lines = path.read_text(encoding="utf-8").splitlines()
        places = {one.path.resolve(): one.path for one in spoken}
        rows = [(Path(name).resolve(), units) for name, units in map(json.loads, lines)]
        return {places[place]: units for place, units in rows if place in places}

    def _write(self, spoken: Sequence[Spoken], path: Path, report: Callable[[str], None]) -> None:
        store = FrontStore(self._folder / _FRAMES, self.front, Hearing(self._speech.max_seconds))
        paths = list(dict.fromkeys(one.path for one in spoken))
        wanted = [(place, 0) for place in paths]
        store.fill(wanted, lambda place, why: report(f"{place}: {why}; it is left out"))
        heard = [place for place in paths if _is_heard(store, place)]
        if not (self._folder / _CENTRES).is_dir():
            self._learn(store, spoken, set(heard))
        ear = self.ear()
        lines = [
            json.dumps([str(place.resolve()), ear.of(_frames(store, place)).tolist()]) + "\n"
            for place in heard
        ]
        partial = path.with_suffix(".partial")
        partial.write_text("".join(lines), encoding="utf-8")
        partial.replace(path)

    def _learn(self, store: FrontStore, spoken: Sequence[Spoken], heard: set[Path]) -> None:
        speech = self._speech
        paths = [
            one.path
            for one in spoken
            if one.part is Part.TRAIN and one.language in speech.seen and one.path in heard
        ]
        order = np.random.default_rng(speech.seed).permutation(len(paths))
        drawn = _until(sample_size(speech.units), (_frames(store, paths[place]) for place in order))
        units = Units.fit(self.front, drawn, size=speech.units, seed=speech.seed, merge=True)
        partial = self._folder / f"{_CENTRES}.partial"
        units.save(partial)
        partial.replace(self._folder / _CENTRES)


def _is_heard(store: FrontStore, path: Path) -> bool:
    try:
        store.frames(path)
    except ReadError:
        return False
    return True


def _frames(store: FrontStore, path: Path) -> Frames:
    return store.frames(path).astype(np.float32)


def _until(wanted: int, arrays: Iterator[Frames]) -> Iterator[Frames]:
    """Arrays until there are so many rows."""
    for frames in arrays:
        if wanted <= 0:
            return
        yield frames[:wanted]
        wanted -= len(frames)
