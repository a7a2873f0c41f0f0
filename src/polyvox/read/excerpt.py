"""A stretch out of the middle of a recording, found by seeking."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from polyvox.errors import ReadError
from polyvox.item import SAMPLING_RATE, Audio
from polyvox.read.sound import Samples, audio_stream, opened, resample_frame

if TYPE_CHECKING:
    from av import AudioFrame, AudioStream
    from av.container import InputContainer

SEEK_EARLIER = 0.5
"""Seconds before the stretch at which decoding begins, because codecs need a few packets to be right."""


def load_excerpt(path: str | Path, start: float, end: float) -> Audio:
    """The sound of a recording from `start` to `end`, in seconds from the beginning of the file.

    The stretch is shorter where the recording ends earlier. Decoding begins shortly before it, wherever
    the container can seek.

    Raises:
        ReadError: no sound can be decoded there.
        ValueError: the stretch has no length.
    """
    if not 0 <= start < end:
        raise ValueError(f"a stretch must have a length: {start} to {end}")
    with opened(path, str(path)) as (container, _):
        stream = audio_stream(container, str(path))
        pieces = list(_stretch(container, stream, start, end))
    samples = np.concatenate(pieces) if pieces else np.empty(0, np.float32)
    if not len(samples):
        raise ReadError(str(path), f"holds no sound from {start:.1f} to {end:.1f} s")
    return Audio(np.clip(np.nan_to_num(samples), -1, 1))


def _stretch(container: InputContainer, stream: AudioStream, start: float, end: float) -> Iterator[Samples]:
    zero = (container.start_time or 0) / 1_000_000
    skip: int | None = None
    wanted = round((end - start) * SAMPLING_RATE)
    resampler = None
    for frame in _frames(container, stream, zero + start):
        began = _time(frame, zero)
        resampler, pieces = resample_frame(resampler, frame)
        if skip is None:
            skip = round((start - began) * SAMPLING_RATE)
            if skip < 0:
                # The sound begins later than the stretch: what is missing is silence.
                silence = min(-skip, wanted)
                yield np.zeros(silence, np.float32)
                wanted, skip = wanted - silence, 0
        for piece in pieces:
            kept = piece[skip : skip + wanted]
            skip, wanted = max(0, skip - len(piece)), wanted - len(kept)
            yield kept
        if wanted <= 0:
            return


def _frames(container: InputContainer, stream: AudioStream, seconds: float) -> Iterator[AudioFrame]:
    import av

    try:
        if seconds > SEEK_EARLIER and stream.time_base:
            at = int((seconds - SEEK_EARLIER) / stream.time_base)
            container.seek(at, stream=stream, backward=True)
        for packet in container.demux(stream):
            try:
                yield from packet.decode()
            except (av.FFmpegError, ValueError):
                continue
    except (av.FFmpegError, ValueError, OSError):
        return


def _time(frame: AudioFrame, zero: float) -> float:
    return 0.0 if frame.time is None else float(frame.time) - zero
