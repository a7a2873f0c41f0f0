"""Units learned from the recordings of a manifest."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from polyvox.errors import ReadError
from polyvox.modules.front import Frames, SpeechFront
from polyvox.modules.units import DEFAULT_SIZE, Units, sample_size
from polyvox.read.sound import load_audio
from polyvox.train.manifest import manifest_folder, read_manifest
from polyvox.train.progress import Progress


def fit_units(
    front: SpeechFront,
    manifests: Sequence[Path],
    *,
    size: int = DEFAULT_SIZE,
    splits: Sequence[str] = ("train", ""),
    seed: int = 1,
    merge: bool = False,
    report: Callable[[str], object] = sys.stderr.write,
) -> Units:
    """Learn units from recordings drawn at random until there are enough frames, 64 a unit.

    Args:
        front: hears.
        manifests: tables of recordings; see `polyvox.train.manifest`.
        size: how many units.
        splits: values of the column `split` that are learned from; "" for rows that have none.
        seed: of the draw and of k-means.
        merge: neighbouring frames of one unit count once.
        report: told of each recording that cannot be read; it is left out.

    Raises:
        PolyvoxError: a manifest cannot be used, or there are fewer frames than units.
    """
    paths = [
        manifest_folder(manifest) / recording.path
        for manifest in manifests
        for recording in read_manifest(manifest)
        if recording.split in splits
    ]
    order = np.random.default_rng(seed).permutation(len(paths))
    drawn = (paths[number] for number in order)
    return Units.fit(
        front, _sampled(front, drawn, sample_size(size), report), size=size, seed=seed, merge=merge
    )


def _sampled(
    front: SpeechFront, paths: Iterator[Path], wanted: int, report: Callable[[str], object]
) -> Iterator[Frames]:
    progress = Progress("frames for units", wanted)
    missing = wanted
    for path in paths:
        try:
            recording = load_audio(path)
        except ReadError as error:
            report(f"{error}\n")
            continue
        (frames,) = front.frames([recording])
        yield frames[:missing]
        progress.advance(min(len(frames), missing))
        missing -= len(frames)
        if missing <= 0:
            return
