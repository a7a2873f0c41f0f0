"""What noise, rooms and the length of a recording do to how well the model understands people.

    python -m benchmarks.speech_limits --data ../shared/data [--model default] [--limit N]

Human recordings of the test meanings and pools of texts as in `benchmarks/speech_quality.py`: own-language
text and English text. Writes benchmarks/results/speech-limits.md and docs/speech-limits.svg.
"""

from __future__ import annotations

import argparse
import random
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.ranked import ranks
from benchmarks.speech_quality import SETS, candidates_for, other_texts
from numpy.typing import NDArray

from polyvox.encode import Encoder, load_encoder
from polyvox.item import Audio
from polyvox.read.sound import load_audio
from polyvox.train.augment import mix, reverberate
from polyvox.train.human_speech import Spoken, human_speech
from polyvox.train.split import Part

RESULT = Path(__file__).parent / "results" / "speech-limits.md"
PICTURE = Path(__file__).parents[1] / "docs" / "speech-limits.svg"
DECIBELS = (20, 10, 5, 0)
VOICES = 6
SEED = 1
SECONDS = (0.8, 1.2, 2.0)
WORDS = (1, 2, 4)
Samples = NDArray[np.float32]
Distort = Callable[[Samples, np.random.Generator], Samples]


@dataclass(frozen=True)
class Test:
    """Recordings of one language with the texts they should find, and the pool of texts."""

    spoken: Sequence[Spoken]
    audio: Sequence[Audio]
    wanted: Mapping[str, Sequence[str]]
    pools: Mapping[str, Sequence[str]]


def tests(data: Path, limit: int | None) -> list[Test]:
    """The test recordings of both sets that came with a text, by language."""
    found = []
    for source in SETS:
        everything = list(human_speech(data / "speech", [source], {}))
        by_language: dict[str, list[Spoken]] = defaultdict(list)
        for one in everything:
            if one.part is Part.TEST and one.given and one.text and one.english:
                by_language[one.language].append(one)
        other = other_texts(data / "text", sorted({*by_language, "en"}))
        for language, group in sorted(by_language.items()):
            if len(group) < 10:
                continue
            random.Random(SEED).shuffle(group)
            spoken = group[:limit]
            wanted = {field: [getattr(one, field) for one in spoken] for field in ("text", "english")}
            pools = {
                field: candidates_for(texts, language, everything, other, field)
                for field, texts in wanted.items()
            }
            found.append(Test(spoken, [load_audio(one.path) for one in spoken], wanted, pools))
    return found


def babble(data: Path) -> Distort:
    """Six people at once, each a recording of the training part, over and over."""
    people = [one for one in human_speech(data / "speech", ["gcompris"], {}) if one.part is Part.TRAIN]
    chosen = random.Random(SEED).sample(people, 60)
    voices = [_even(load_audio(one.path).samples) for one in chosen]

    def noise(samples: Samples, dice: np.random.Generator) -> Samples:
        mixed = np.zeros(len(samples), np.float32)
        for number in dice.choice(len(voices), VOICES, replace=False):
            voice = np.resize(voices[number], len(samples) + len(voices[number]))
            start = int(dice.integers(len(voices[number])))
            mixed += voice[start : start + len(samples)]
        return mixed

    return noise


def _even(samples: Samples) -> Samples:
    return np.asarray(samples / max(float(np.sqrt(np.mean(samples**2))), 1e-4), np.float32)


def white(samples: Samples, dice: np.random.Generator) -> Samples:
    """White noise as long as the recording."""
    return dice.standard_normal(len(samples), np.float32)


def conditions(data: Path) -> Iterator[tuple[str, str, Distort | None]]:
    """Kind, level and distortion; signal-to-noise ratios are over the whole recording."""
    yield "clean", "", None
    for name, make in (("white noise", white), ("babble", babble(data))):
        for decibels in DECIBELS:
            yield name, f"{decibels} dB", _noisy(make, decibels)
    yield "room", "0.1 to 0.6 s", reverberate


def _noisy(make: Distort, decibels: float) -> Distort:
    return lambda samples, dice: mix(samples, make(samples, dice), decibels)


def distorted(test: Test, distort: Distort | None) -> list[Audio]:
    """The recordings after a distortion, drawn by the name of each file."""
    if distort is None:
        return list(test.audio)
    dice = [np.random.default_rng([SEED, zlib.crc32(one.path.name.encode())]) for one in test.spoken]
    return [Audio(distort(audio.samples, die)) for audio, die in zip(test.audio, dice, strict=True)]


@dataclass(frozen=True)
class Found:
    """The rank of every recording's text, own-language and English, all languages after each other."""

    text: NDArray[np.int64]
    english: NDArray[np.int64]


def found_by(
    encoder: Encoder,
    measured: Sequence[Test],
    texts: Sequence[Mapping[str, NDArray[np.float32]]],
    distort: Distort | None,
) -> Found:
    """Encode all recordings under one condition and rank the pools."""
    places: dict[str, list[NDArray[np.int64]]] = defaultdict(list)
    for test, vectors in zip(measured, texts, strict=True):
        speech = encoder.encode_speech(distorted(test, distort))
        for field, wanted in test.wanted.items():
            right = np.array(wanted, object)[:, None] == np.array(test.pools[field], object)[None]
            places[field].append(ranks(speech @ vectors[field].T, right))
    return Found(np.concatenate(places["text"]), np.concatenate(places["english"]))


def cells(found: Found, keep: NDArray[np.bool_] | None = None) -> str:
    """R@1 and R@5 of both directions as cells of a table."""
    parts = [found.text, found.english]
    chosen = [part if keep is None else part[keep] for part in parts]
    return " | ".join(f"{(part <= depth).mean():.3f}" for part in chosen for depth in (1, 5))


COLUMNS = "own text R@1 | own text R@5 | English R@1 | English R@5 |"


def length_rows(clean: Found, measured: Sequence[Test]) -> Iterator[str]:
    """Clean recordings by seconds and by number of words of the own-language text."""
    spoken = [one for test in measured for one in test.spoken]
    seconds = np.array([audio.seconds for test in measured for audio in test.audio])
    words = np.array([float(len(one.text.split())) for one in spoken])
    yield f"\n| recording | recordings | {COLUMNS}\n|---|---|---|---|---|---|"
    yield from _bins(clean, seconds, SECONDS, "s")
    yield f"\n| own text | recordings | {COLUMNS}\n|---|---|---|---|---|---|"
    yield from _bins(clean, words, WORDS, "words")


def _bins(clean: Found, values: NDArray[np.float64], edges: Sequence[float], unit: str) -> Iterator[str]:
    low = float("-inf")
    for high in (*edges, float("inf")):
        keep = (values > low) & (values <= high)
        name = f"over {low:g} {unit}" if high == float("inf") else f"up to {high:g} {unit}"
        if keep.any():
            yield f"| {name} | {int(keep.sum())} | {cells(clean, keep)} |"
        low = high


def draw(curves: Mapping[str, Sequence[float]], clean: float) -> None:
    """The noise curve as SVG."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "polyvox"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(5.2, 3.2), layout="constrained")
    for (name, curve), mark in zip(curves.items(), "os", strict=False):
        axes.plot(range(len(DECIBELS) + 1), [clean, *curve], marker=mark, label=name)
    axes.set_xticks(range(len(DECIBELS) + 1), ["clean", *(f"{decibels} dB" for decibels in DECIBELS)])
    axes.set(xlabel="signal-to-noise ratio", ylabel="R@1, own-language text", ylim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, metadata={"Date": None})


def report(encoder: Encoder, data: Path, limit: int | None) -> Iterator[str]:
    """The report, line by line; draws the picture on the way."""
    measured = tests(data, limit)
    texts = [
        {field: encoder.encode_text(list(pool)) for field, pool in test.pools.items()} for test in measured
    ]
    count = sum(len(test.spoken) for test in measured)
    minutes = sum(audio.seconds for test in measured for audio in test.audio) / 60
    languages = sorted({test.spoken[0].language for test in measured})
    yield f"# Limits of the speech half: {encoder.card.name}, {encoder.card.fingerprint}\n"
    yield INTRODUCTION.format(count=count, minutes=minutes, languages=", ".join(languages))
    yield f"| condition | level | {COLUMNS}\n|---|---|---|---|---|---|"
    curves: dict[str, list[float]] = defaultdict(list)
    clean: Found | None = None
    for name, level, distort in conditions(data):
        found = found_by(encoder, measured, texts, distort)
        clean = clean or found
        if level.endswith("dB"):
            curves[name].append(float((found.text == 1).mean()))
        yield f"| {name} | {level} | {cells(found)} |"
    if clean is not None:
        draw(curves, float((clean.text == 1).mean()))
        yield from length_rows(clean, measured)


INTRODUCTION = f"""{{count}} human recordings ({{minutes:.0f}} minutes) of the test meanings that came with a
text: gcompris and artikulate, {{languages}}. Pools of texts as in speech-quality.md: one a language,
own-language or English, up to 500; a tie is a miss; means over recordings; seed {SEED}. Noise is added to the
whole recording. Babble is {VOICES} other people at once. A room is a decaying tail of 0.1 to 0.6 s.
"""


def main() -> None:
    """Measure and write table and picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="default")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--limit", type=int, help="recordings a language")
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    lines = []
    for line in report(load_encoder(given.model), given.data, given.limit):
        print(line, flush=True)
        lines.append(line)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
