"""Speech from text: many engines, voices, rates and pitches; deterministic, cached, resumable.

Each utterance is a file named by the hash of all that determines it, so a second run, a longer one or one
that was killed speaks only what is not there yet.
"""

from __future__ import annotations

import errno
import os
import signal
import threading
import time
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from polyvox.errors import PolyvoxError
from polyvox.item import SAMPLING_RATE, Audio
from polyvox.train.augment import Augmentation, augment
from polyvox.train.casting import SpokenText, Utterance, cast_voices
from polyvox.train.engines import ENGINES, Engine, SynthesisError, engines_named
from polyvox.train.manifest import Recording, write_manifest
from polyvox.train.opus import encode_opus
from polyvox.train.progress import Progress
from polyvox.train.waves import PARTIAL, wav_bytes, write_whole

MANIFEST = "manifest.tsv"
SKIPPED = "skipped.txt"
OPUS_BIT_RATE = 20_000
_UTTERANCES_AT_ONCE = 16
_SECONDS_A_WRITE_MAY_TAKE = 60


class Format(StrEnum):
    """How recordings are written."""

    WAV = "wav"
    OPUS = "opus"


_SUFFIXES: Mapping[Format, str] = {Format.WAV: ".wav", Format.OPUS: ".ogg"}


@dataclass(frozen=True, slots=True)
class Finish:
    """What is done to an utterance after it was spoken: distortion, drawn by `seed`, and the file format."""

    format: Format = Format.WAV
    augmentation: Augmentation | None = None
    seed: int = 0

    def path(self, utterance: Utterance) -> str:
        """Where the utterance lies below the output folder."""
        distorted = f"\t{asdict(self.augmentation)}\t{self.seed}" if self.augmentation else ""
        return utterance.path(_SUFFIXES[self.format], distorted)


@dataclass(frozen=True, slots=True)
class SynthesisReport:
    """What a run did: the manifest, utterances spoken now and before, and what was skipped and why."""

    manifest: Path
    spoken: int
    cached: int
    seconds: float
    skipped: Sequence[str] = field(default=())


class SynthesisStopError(PolyvoxError):
    """The run cannot go on; what was finished is kept, and the same command goes on from there."""


def synthesize(
    texts: Sequence[SpokenText],
    out: Path,
    *,
    engines: Sequence[str],
    seed: int = 0,
    workers: int = 1,
    finish: Finish | None = None,
    skipped: Sequence[str] = (),
    voices: Collection[str] = (),
) -> SynthesisReport:
    """Speak texts and write `out/manifest.tsv`, whose columns are those of `Recording`.

    Every text is spoken once, by an engine and a voice drawn by `seed` from those that speak its language,
    or from those of them that `voices` names as `engine:voice`.
    The order is mixed, so a stopped run leaves a fair sample. What cannot be spoken is named in
    `out/skipped.txt`, after `skipped`: what was left out before.

    Raises:
        ValueError: an engine's name is unknown.
        MissingEngineError: an engine's program is not installed.
        SynthesisStopError: the disk is full or the folder cannot be written.
        PolyvoxError: no engine speaks any of the texts.
    """
    finish = finish or Finish(seed=seed)
    chosen = {finish.path(one): one for one in cast_voices(texts, engines_named(engines), seed, voices)}
    if not chosen:
        raise PolyvoxError(
            f"none of the {len(texts)} texts is in a language that {', '.join(engines)} can speak"
            + (f" with {', '.join(sorted(voices)[:3])} …" if voices else "")
        )
    silent = _unspeakable(texts, {one.spoken.language for one in chosen.values()}, engines)
    utterances = [chosen[path] for path in sorted(chosen, key=lambda path: path[-24:])]
    with _stopping(out):
        out.mkdir(parents=True, exist_ok=True)
        _sweep(out)
        return _run(utterances, out, finish, workers, [*skipped, *silent])


def _run(
    utterances: Sequence[Utterance], out: Path, finish: Finish, workers: int, skipped: list[str]
) -> SynthesisReport:
    there = {path for one in utterances if (out / (path := finish.path(one))).exists()}
    progress = Progress("speaking", len(utterances), done=len(there))
    left = [one for one in utterances if finish.path(one) not in there]
    done = [_recording(one, out, finish) for one in utterances if finish.path(one) in there]
    try:
        for utterance, problem in zip(left, _spoken(left, out, finish, workers), strict=True):
            progress.advance()
            if problem:
                skipped.append(problem)
            else:
                done.append(_recording(utterance, out, finish))
    finally:
        done.sort(key=lambda recording: recording.path[-24:])
        write_manifest(out / MANIFEST, done)
        (out / SKIPPED).write_text("".join(f"{line}\n" for line in skipped), encoding="utf-8")
    return SynthesisReport(
        manifest=out / MANIFEST,
        spoken=len(done) - len(there),
        cached=len(there),
        seconds=sum(recording.seconds for recording in done),
        skipped=skipped,
    )


def _sweep(out: Path) -> None:
    """Remove the halves of files that killed runs left; what is being written by another run stays."""
    before = time.time() - _SECONDS_A_WRITE_MAY_TAKE
    for half in out.rglob(f"*{PARTIAL}"):
        with suppress(FileNotFoundError):
            if half.stat().st_mtime < before:
                half.unlink()


def _unspeakable(texts: Sequence[SpokenText], spoken: set[str], engines: Sequence[str]) -> list[str]:
    return [
        f"{text.text[:60]!r}: none of {', '.join(engines)} speaks the language {text.language!r}"
        for text in texts
        if text.language not in spoken
    ]


@contextmanager
def _stopping(out: Path) -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool as error:
        raise SynthesisStopError(
            f"{out}: a worker was ended from outside, perhaps for want of memory; run the same command again "
            "with fewer --workers: what was spoken is kept"
        ) from error
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = "the disk is full; free some space" if full else f"cannot be written ({error.strerror})"
        raise SynthesisStopError(
            f"{out}: {reason}, then run the same command again: what was spoken is kept"
        ) from error


def _spoken(utterances: Sequence[Utterance], out: Path, finish: Finish, workers: int) -> Iterator[str]:
    """Speak in order; for each utterance the reason why it was skipped, or nothing."""
    say = partial(_say, out=out, finish=finish)
    if workers == 1:
        yield from map(say, utterances)
        return
    pool = ProcessPoolExecutor(workers, initializer=_be_a_worker, initargs=(os.getpid(),))
    try:
        yield from pool.map(say, utterances, chunksize=_UTTERANCES_AT_ONCE)
    finally:
        pool.shutdown(cancel_futures=True)


def _be_a_worker(parent: int) -> None:
    """Leave Ctrl-C to the parent, and end when it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@lru_cache(maxsize=len(ENGINES))
def _engine(name: str) -> Engine:
    return ENGINES[name]()


def _say(utterance: Utterance, *, out: Path, finish: Finish) -> str:
    path = out / finish.path(utterance)
    try:
        audio = _engine(utterance.engine).speak(utterance.spoken.text, utterance.voice, utterance.settings)
    except SynthesisError as error:
        return str(error)
    if not np.any(audio.samples):
        return f"{utterance.spoken.text[:60]!r}: {utterance.engine} ({utterance.voice}) made no sound"
    if finish.augmentation:
        dice = np.random.default_rng([finish.seed, zlib.crc32(path.name.encode())])
        audio = augment(audio, finish.augmentation, dice)
    _write(path, audio, finish.format)
    return ""


def _write(path: Path, audio: Audio, form: Format) -> None:
    content = wav_bytes(audio) if form is Format.WAV else encode_opus(audio.samples, OPUS_BIT_RATE)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)


def _recording(utterance: Utterance, out: Path, finish: Finish) -> Recording:
    spoken, path = utterance.spoken, finish.path(utterance)
    return Recording(
        path=path,
        language=spoken.language,
        key=spoken.key,
        split="train",
        transcript=spoken.text,
        translation_language=spoken.translation_language if spoken.translation else "",
        translation=spoken.translation,
        seconds=round(_SECONDS[finish.format](out / path), 2),
        speaker=f"{utterance.engine}:{utterance.voice}",
    )


def _wav_seconds(path: Path) -> float:
    header = 44
    return (path.stat().st_size - header) / 2 / SAMPLING_RATE


def _opus_seconds(path: Path) -> float:
    import av

    with av.open(str(path)) as file:
        return (file.duration or 0) / av.time_base


_SECONDS = {Format.WAV: _wav_seconds, Format.OPUS: _opus_seconds}
