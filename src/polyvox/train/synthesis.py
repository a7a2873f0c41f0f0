"""Speech from text: many engines, voices, rates and pitches; deterministic, cached, resumable.

Each utterance is a file named by the hash of all that determines it, so a second run, a longer one or one
that was killed speaks only what is not there yet.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from polyvox.errors import PolyvoxError
from polyvox.item import SAMPLING_RATE
from polyvox.train.engines import ENGINES, Engine, Settings, SynthesisError, engines_named
from polyvox.train.manifest import Recording, write_manifest
from polyvox.train.progress import Progress
from polyvox.train.waves import write_wav

_RATES = (0.75, 1.25)
_PITCHES = (0.6, 1.5)
_WAV_HEADER = 44


@dataclass(frozen=True, slots=True)
class SpokenText:
    """A text to be spoken: its language, what it means in English where known, and the key of its meaning."""

    text: str
    language: str
    translation: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Utterance:
    """A text with the voice that speaks it."""

    spoken: SpokenText
    engine: str
    voice: str
    settings: Settings

    @property
    def path(self) -> str:
        """Where the recording lies below the output folder: determined by all that shapes the sound."""
        said = f"{self.voice}\t{self.settings.rate:.3f}\t{self.settings.pitch:.3f}\t{self.spoken.text}"
        name = hashlib.sha256(said.encode()).hexdigest()[:20]
        return f"{self.engine}/{self.spoken.language}/{name[:2]}/{name}.wav"


def synthesize(
    texts: Sequence[SpokenText], out: Path, *, engines: Sequence[str], seed: int = 0, workers: int = 1
) -> Path:
    """Speak texts and write `out/manifest.tsv`, whose columns are those of `Recording`.

    Every text is spoken once, by an engine and a voice drawn by `seed` from those that speak its language;
    a text whose language no engine speaks is left out. The order is mixed, so a stopped run leaves a fair
    sample. What cannot be spoken is named on stderr.

    Returns:
        The manifest's path.

    Raises:
        ValueError: an engine's name is unknown.
        MissingEngineError: an engine's program is not installed.
        PolyvoxError: no engine speaks any of the texts.
    """
    utterances = sorted(cast_voices(texts, engines_named(engines), seed), key=lambda one: one.path[-24:])
    if not utterances:
        raise PolyvoxError(
            f"none of the {len(texts)} texts is in a language that {', '.join(engines)} can speak"
        )
    out.mkdir(parents=True, exist_ok=True)
    done: list[Recording] = []
    progress = Progress("speaking", len(utterances))
    for recording, problem in _spoken(utterances, out, workers):
        progress.advance()
        if recording is None:
            sys.stderr.write(f"skipped: {problem}\n")
        else:
            done.append(recording)
    manifest = out / "manifest.tsv"
    write_manifest(manifest, done)
    return manifest


def cast_voices(texts: Sequence[SpokenText], engines: Sequence[Engine], seed: int) -> Iterator[Utterance]:
    """Draw an engine, a voice, a rate and a pitch for each text, the same for the same text and seed."""
    voices: dict[str, list[tuple[str, Sequence[str]]]] = {}
    for spoken in texts:
        if spoken.language not in voices:
            offered = [(engine.name, engine.voices(spoken.language)) for engine in engines]
            voices[spoken.language] = [(name, found) for name, found in offered if found]
        choices = voices[spoken.language]
        if not choices:
            continue
        dice = _dice(f"{seed}\t{spoken.language}\t{spoken.text}")
        engine, engine_voices = choices[int(next(dice) * len(choices))]
        voice = engine_voices[int(next(dice) * len(engine_voices))]
        rate = _RATES[0] + next(dice) * (_RATES[1] - _RATES[0])
        pitch = _PITCHES[0] + next(dice) * (_PITCHES[1] - _PITCHES[0])
        yield Utterance(spoken, engine, voice, Settings(round(rate, 3), round(pitch, 3)))


def _dice(seed: str) -> Iterator[float]:
    digest = hashlib.sha256(seed.encode()).digest()
    for start in range(0, len(digest), 4):
        yield int.from_bytes(digest[start : start + 4], "big") / 2**32


def _spoken(
    utterances: Sequence[Utterance], out: Path, workers: int
) -> Iterator[tuple[Recording | None, str]]:
    say = partial(_say, out=out)
    if workers == 1:
        yield from map(say, utterances)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(say, utterances, chunksize=32)


@lru_cache(maxsize=len(ENGINES))
def _engine(name: str) -> Engine:
    return ENGINES[name]()


def _say(utterance: Utterance, *, out: Path) -> tuple[Recording | None, str]:
    path = out / utterance.path
    if not path.exists():
        try:
            audio = _engine(utterance.engine).speak(
                utterance.spoken.text, utterance.voice, utterance.settings
            )
        except SynthesisError as error:
            return None, str(error)
        if not audio.samples.size:
            return None, f"{utterance.spoken.text[:60]!r}: {utterance.engine} made no sound"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_wav(path, audio)
    seconds = (path.stat().st_size - _WAV_HEADER) / 2 / SAMPLING_RATE
    return _recording(utterance, seconds), ""


def _recording(utterance: Utterance, seconds: float) -> Recording:
    spoken = utterance.spoken
    return Recording(
        path=utterance.path,
        language=spoken.language,
        key=spoken.key,
        split="train",
        transcript=spoken.text,
        translation_language="en" if spoken.translation else "",
        translation=spoken.translation,
        seconds=round(seconds, 2),
    )


def main() -> None:
    """`python -m polyvox.train.synthesis RECIPE --data DATA --out DIR`."""
    from polyvox.train.spoken_texts import load_synthesis_config, texts_to_speak

    parser = argparse.ArgumentParser(description="Speak the texts of a recipe.")
    parser.add_argument("recipe", type=Path, help="folder with recipe.toml")
    parser.add_argument("--data", type=Path, required=True, help="folder of the shared data")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    config = load_synthesis_config(given.recipe)
    texts = texts_to_speak(config, given.data / "text")
    manifest = synthesize(texts, given.out, engines=config.engines, seed=config.seed, workers=given.workers)
    sys.stderr.write(f"{manifest}\n")


if __name__ == "__main__":
    main()
