"""What the layers of frozen speech fronts hold, without training anything on top but one linear map.

    python -m benchmarks.fronts --data ../shared/data [--front runs/masked-speech/model ... [--control]]

Same name: the GCompris recordings of place names whose meaning no training used (`polyvox.train.split`). Each
is a query; the pool is the recordings of all other languages, so the reader is always another one; right is a
recording of the same place. A recording's vector is the mean of its standardised frames, compared by cosine;
a wrong candidate with an equal score counts as ranked before the right one.

Sounds: ridge regression from a frame to the sound that the shipped model hears in it, learned on recordings
of meanings for training and tested on recordings of meanings for tests; frames where it hears none are left
out. The front `default` is read by the shipped model itself, so its last layer is a ceiling and no rival.
`--control` adds, for each encoder of masked prediction, one of the same sizes with random weights.
Writes benchmarks/results/fronts.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from benchmarks.ranked import ranks
from numpy.typing import NDArray

from polyvox.encode.features import log_mel
from polyvox.item import Audio
from polyvox.modules.front import Frames, open_front
from polyvox.read.sound import load_audio
from polyvox.train.manifest import read_manifest
from polyvox.train.split import Part, meaning, part_of

RESULT = Path(__file__).parent / "results" / "fronts.md"
FRONTS = ("log-mel", "default")
SETS = ("gcompris", "artikulate")
PROBED = 400
"""Recordings of each part for the linear map."""
RIDGE = 10.0
SEED = 1


@dataclass(frozen=True)
class Clip:
    """A recording and what is known of it."""

    audio: Audio
    language: str
    what: str


def clips(data: Path, source: str, part: Part, start: str = "", most: int = 0) -> list[Clip]:
    """Recordings of one part whose key begins with `start`; at most so many, drawn with the seed."""
    found = [
        recording
        for recording in read_manifest(data / "speech" / source / "manifest.tsv")
        if recording.key.startswith(start) and part_of(meaning_of(recording)) == part
    ]
    if most:
        order = np.random.default_rng(SEED).permutation(len(found))[:most]
        found = [found[number] for number in order]
    folder = data / "speech" / source
    return [
        Clip(load_audio(folder / recording.path), recording.language, meaning_of(recording))
        for recording in found
    ]


def meaning_of(recording: object) -> str:
    """The meaning by which parts are kept apart."""
    return meaning(recording.key, recording.translation, recording.transcript)  # type: ignore[attr-defined]


def probe_clips(data: Path, part: Part) -> list[Clip]:
    """The recordings of the linear map: equally many of each set."""
    return [clip for source in SETS for clip in clips(data, source, part, most=PROBED // len(SETS))]


def heard_sounds(recordings: Sequence[Clip]) -> list[NDArray[np.int64]]:
    """The sound that the shipped model hears in each 40 ms, 0 where it hears none."""
    from polyvox.encode.load import default_model_folder
    from polyvox.encode.speech import SpeechTower

    session = SpeechTower(default_model_folder() / "speech.onnx", threads=1)._session
    found = []
    for clip in recordings:
        features = log_mel(clip.audio)
        inputs = {"features": features[None], "lengths": np.array([len(features)])}
        found.append(session.run(["sounds"], inputs)[0][0].argmax(axis=1))
    return found


def shipped_version() -> str:
    """That of the model that names the sounds, and is the front `default`."""
    from polyvox.encode.load import default_model_folder
    from polyvox.encode.manifest import read_manifest as read_model

    return read_model(default_model_folder()).version


def layers_of(name: str, recordings: Sequence[Clip]) -> Iterator[tuple[str, list[Frames]]]:
    """Each layer of a front by its number, and the frames of all recordings in it."""
    layered = name != "log-mel"
    front = open_front(name, layers=() if layered else None)
    width = open_front(name, layers=(0,) if layered else None).width
    frames = front.frames([clip.audio for clip in recordings])
    for number, start in enumerate(range(0, front.width, width)):
        yield str(number) if layered else "-", [one[:, start : start + width] for one in frames]


def same_name(frames: Sequence[Frames], recordings: Sequence[Clip]) -> tuple[float, float]:
    """R@1 and MRR of place names across languages."""
    vectors = np.stack([one.mean(axis=0) for one in frames])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    languages = np.array([clip.language for clip in recordings])
    names = np.array([clip.what for clip in recordings])
    scores = np.where(languages[:, None] == languages[None], -np.inf, vectors @ vectors.T)
    right = (names[:, None] == names[None]) & (languages[:, None] != languages[None])
    asked = right.any(axis=1)
    found = ranks(scores[asked], right[asked])
    return float((found == 1).mean()), float((1 / found).mean())


def linear_probe(train: Frames, sounds: NDArray[np.int64], test: Frames, wanted: NDArray[np.int64]) -> float:
    """Share of test frames whose sound ridge regression on one-hot sounds names."""
    known = np.eye(int(max(sounds.max(), wanted.max())) + 1, dtype=np.float32)[sounds]
    ahead = np.hstack([train, np.ones((len(train), 1), np.float32)]).astype(np.float64)
    weights = np.linalg.solve(ahead.T @ ahead + RIDGE * np.eye(ahead.shape[1]), ahead.T @ known)
    scores = np.hstack([test, np.ones((len(test), 1), np.float32)]) @ weights
    return float((scores.argmax(axis=1) == wanted).mean())


def labelled(
    frames: Sequence[Frames], sounds: Sequence[NDArray[np.int64]]
) -> tuple[Frames, NDArray[np.int64]]:
    """Frames in which a sound is heard, and the sound; a front's last frames may be missing."""
    sizes = [min(len(one), len(heard)) for one, heard in zip(frames, sounds, strict=True)]
    rows = np.concatenate([one[:size] for one, size in zip(frames, sizes, strict=True)])
    labels = np.concatenate([heard[:size] for heard, size in zip(sounds, sizes, strict=True)])
    return rows[labels > 0], labels[labels > 0]


@dataclass(frozen=True)
class Tests:
    """The recordings of both tests, one after the other, and the sounds of those for the linear map."""

    names: Sequence[Clip]
    learn: Sequence[Clip]
    test: Sequence[Clip]
    learned: Sequence[NDArray[np.int64]]
    wanted: Sequence[NDArray[np.int64]]

    @classmethod
    def read(cls, data: Path) -> Tests:
        """Read the recordings and let the shipped model hear them."""
        learn, test = probe_clips(data, Part.TRAIN), probe_clips(data, Part.TEST)
        names = clips(data, "gcompris", Part.TEST, "geography/")
        return cls(names, learn, test, heard_sounds(learn), heard_sounds(test))

    def clips(self) -> list[Clip]:
        """All of them."""
        return [*self.names, *self.learn, *self.test]

    def cells(self, frames: Sequence[Frames]) -> list[str]:
        """What is measured on a layer, whose frames are in the order of `clips`."""
        begin, end = len(self.names), len(self.names) + len(self.learn)
        known, sounds = labelled(frames[begin:end], self.learned)
        mean, deviation = known.mean(axis=0), np.maximum(known.std(axis=0), 1e-4)
        normal = [(one - mean) / deviation for one in frames]
        first, reciprocal = same_name(normal[:begin], self.names)
        tested, wanted = labelled(normal[end:], self.wanted)
        right = linear_probe((known - mean) / deviation, sounds, tested, wanted)
        return [str(known.shape[1]), f"{first:.3f}", f"{reciprocal:.3f}", f"{right:.3f}"]

    def words(self) -> str:
        """What was measured on what."""
        learned, wanted = (sounds[sounds > 0] for sounds in map(np.concatenate, (self.learned, self.wanted)))
        languages = len({clip.language for clip in self.names})
        return (
            f"Place names: {len(self.names)} queries and recordings in {languages} languages, the pool of a "
            f"query all in other languages, ties are misses. Sounds: learned on {len(learned)} frames of "
            f"{len(self.learn)} recordings, tested on {len(wanted)} frames of {len(self.test)}; the most "
            f"frequent sound alone gets {np.bincount(wanted).max() / len(wanted):.3f}. Seed {SEED}. "
            f"`default`, and the model that names the sounds, is version {shipped_version()} of the shipped "
            "model. Made by `python -m benchmarks.fronts`."
        )


def table(fronts: Sequence[str], data: Path) -> str:
    """The table as Markdown."""
    tests = Tests.read(data)
    lines = []
    for front in fronts:
        for layer, frames in layers_of(front, tests.clips()):
            lines.append(f"| {' | '.join([label(front), layer, *tests.cells(frames)])} |")
            print(lines[-1], flush=True)
    head = "| front | layer | width | same name R@1 | MRR | sounds |\n|---|---|---|---|---|---|"
    return "\n".join([f"{tests.words()}\n", head, *lines, ""])


def untrained(front: str, folder: Path) -> str:
    """An encoder of masked prediction of the same sizes, with random weights, as a front in a new folder."""
    import torch

    from polyvox.modules.front.masked import MaskedFront
    from polyvox.modules.front.settings import Settings
    from polyvox.modules.masked_encoder import MaskedEncoder

    torch.manual_seed(SEED)
    encoder = MaskedEncoder(MaskedEncoder.load(Path(front)).config)
    made = folder / f"{label(front)}, untrained"
    MaskedFront(encoder, Settings()).save(made)
    return str(made)


def label(front: str) -> str:
    """How a front is called in tables: its name, or the folder of the run it came from."""
    path = Path(front)
    if not path.is_dir():
        return front
    return path.absolute().parent.name if path.name == "model" else path.name


def main() -> None:
    """The command line of this script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--front", action="append", default=[], help="besides log-mel and default")
    parser.add_argument("--control", action="store_true", help="untrained encoders beside those given")
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        controls = [untrained(front, Path(folder)) for front in given.front if given.control]
        found = table([*FRONTS, *given.front, *controls], given.data)
    given.out.write_text(f"# Frozen speech fronts by layer\n\n{found}", encoding="utf-8")


if __name__ == "__main__":
    main()
