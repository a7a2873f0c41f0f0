"""Problems of single recordings: unreadable, silent, clipped, not what the manifest says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from polyvox.errors import PolyvoxError, ReadError
from polyvox.read.sound import decode_audio, is_silent
from polyvox.train.manifest_files import manifest_rows
from polyvox.train.tower.rows import Row

_FULL_SCALE = 0.999
_CLIPPED_SHARE = 1e-3
"""A recording with more samples than this at full scale is clipped."""
_SHORTEST = 0.1
_DURATION_ERROR = 0.1
_UNKNOWN = 0
_RATE_COLUMNS = ("sampling_rate", "sample_rate")


@dataclass(frozen=True, slots=True)
class AudioProblem:
    """A recording, what is wrong with it (one of `KINDS`), and the details."""

    path: Path
    kind: str
    detail: str


KINDS: Mapping[str, str] = {
    "unreadable": "repair or remove them; training skips them",
    "silent": "remove them; training skips them",
    "clipped": "record again with less gain if you can; they still teach something",
    "too short": "remove them: nothing can be heard in a tenth of a second",
    "cut": "raise [model] max_seconds or cut them into sentences: what comes later is not heard",
    "duration": "the manifest's seconds are wrong; if all are off by one factor, its sampling rate is wrong",
    "sampling rate": "the manifest claims another rate than the file has; the file's own is used",
}
"""What can be wrong with a recording, and what to do."""


def audio_problems(
    rows: Sequence[Row], max_seconds: float, claimed: Mapping[Path, int]
) -> Iterator[list[AudioProblem]]:
    """The problems of each row's recording, in order; `claimed` has the sampling rates that manifests say."""
    for row in rows:
        yield list(_problems(row, max_seconds, claimed.get(row.path, 0)))


def _problems(row: Row, max_seconds: float, claimed: int) -> Iterator[AudioProblem]:
    samples = full = 0
    silent = True
    try:
        for block in decode_audio(row.path):
            samples += len(block)
            full += int((np.abs(block) >= _FULL_SCALE).sum())
            silent = silent and is_silent(block)
    except ReadError as error:
        yield AudioProblem(row.path, "unreadable", error.reason)
        return
    seconds = samples / 16_000
    if silent:
        yield AudioProblem(row.path, "silent", f"{seconds:.1f} s of silence")
    if full > _CLIPPED_SHARE * samples:
        yield AudioProblem(row.path, "clipped", f"{full / samples:.1%} of the samples at full scale")
    if seconds < _SHORTEST:
        yield AudioProblem(row.path, "too short", f"{seconds:.2f} s")
    if seconds > max_seconds:
        yield AudioProblem(row.path, "cut", f"{seconds:.1f} s, of which {max_seconds:g} are heard")
    if row.seconds and abs(row.seconds - seconds) > max(0.3, _DURATION_ERROR * seconds):
        yield AudioProblem(
            row.path, "duration", f"{row.seconds:g} s in the manifest, {seconds:.2f} s in the file"
        )
    if claimed and (rate := _rate(row.path)) not in (claimed, _UNKNOWN):
        yield AudioProblem(row.path, "sampling rate", f"{claimed} Hz in the manifest, {rate} Hz in the file")


def _rate(path: Path) -> int:
    """The file's sampling rate; FFmpeg says 48 kHz of every Opus file, whatever it was made from."""
    with av.open(str(path)) as file:
        stream = file.streams.audio[0]
        return _UNKNOWN if stream.codec_context.name.endswith("opus") else int(stream.rate)


def claimed_rates(manifest: Path, folder: Path, path_column: str) -> dict[Path, int]:
    """The sampling rates that a manifest has in a column `sampling_rate` or `sample_rate`, by recording."""
    try:
        found = manifest_rows(manifest)
    except PolyvoxError:
        return {}
    column = next((name for name in _RATE_COLUMNS if name in found.columns), None)
    if column is None:
        return {}
    pairs = ((row.values.get(path_column, ""), row.values.get(column, "")) for row in found.rows)
    return {folder / path: int(rate) for path, rate in pairs if path and rate.isdecimal()}
