"""The recording behind a hit: which file may be streamed, and in which form a browser can play it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from polyvox.index import FileState, Hit
from polyvox.item import SAMPLING_RATE, Audio
from polyvox.serve.errors import ApiError

BLOCK = 256 * 1024
MARGIN = 1.0
"""Seconds before and after a hit in an excerpt."""
LONGEST_EXCERPT = 120.0
_HEAD = 4096
_WAV_CODECS = {1, 3}
_EXTENSIBLE = 0xFFFE


@dataclass(frozen=True, slots=True)
class Recording:
    """A file that may be streamed. `kind` is its media type where browsers play it as it is, else empty."""

    path: Path
    size: int
    mtime_ns: int
    kind: str

    @property
    def etag(self) -> str:
        """Changes whenever the file does."""
        return f'"{self.size:x}-{self.mtime_ns:x}"'


def recording_of(hit: Hit, state: FileState | None) -> Recording:
    """The file behind a hit.

    Only a file that the index's log names is opened, and only while it is the very file that was indexed:
    its size and time of change are compared through every symbolic link, so nothing else can be read
    by putting it, or a link to it, in its place.

    Raises:
        ApiError: 404, the item is no recording, or the file is gone or is another one now.
    """
    if state is None or hit.start is None or hit.text is not None:
        raise ApiError(404, "this item is no recording", code="no_recording")
    try:
        with os.fdopen(_open_at_once(hit.path), "rb") as file:
            facts = os.fstat(file.fileno())
            head = file.read(_HEAD) if stat.S_ISREG(facts.st_mode) else b""
    except (OSError, ValueError):
        raise _gone("the recording is not there any more") from None
    if not stat.S_ISREG(facts.st_mode) or (facts.st_size, facts.st_mtime_ns) != (state.size, state.mtime_ns):
        raise _gone("the recording has changed since it was indexed")
    return Recording(Path(hit.path), facts.st_size, facts.st_mtime_ns, browser_kind(head))


def _gone(message: str) -> ApiError:
    return ApiError(404, message, "index the collection again", code="recording_gone")


def _open_at_once(path: str) -> int:
    # A pipe that somebody put in the file's place must not block.
    return os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))


def browser_kind(head: bytes) -> str:
    """The media type of a file that browsers play as it is, by its first bytes; empty for any other.

    >>> browser_kind(b"fLaC"), browser_kind(b"OggS" + bytes(24) + b"OpusHead"), browser_kind(b"wvpk")
    ('audio/flac', 'audio/ogg', '')
    """
    if head.startswith(b"RIFF") and head[8:16] == b"WAVEfmt ":
        codec = int.from_bytes(head[20:22], "little")
        codec = int.from_bytes(head[44:46], "little") if codec == _EXTENSIBLE else codec
        return "audio/wav" if codec in _WAV_CODECS else ""
    if head.startswith(b"OggS"):
        known = any(name in head[:512] for name in (b"OpusHead", b"\x01vorbis", b"\x7fFLAC"))
        return "audio/ogg" if known else ""
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "audio/webm" if b"webm" in head[:64] else ""
    if head[4:8] == b"ftyp":
        return "audio/mp4" if head[8:11] in (b"M4A", b"M4B", b"mp4", b"iso", b"M4V", b"avc", b"das") else ""
    if head.startswith(b"fLaC"):
        return "audio/flac"
    if head.startswith(b"ID3") or head[:2] in (b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2"):
        return "audio/mpeg"
    return "audio/aac" if head[:2] in (b"\xff\xf1", b"\xff\xf9") else ""


def excerpt_span(hit: Hit) -> tuple[float, float]:
    """Where an excerpt for a hit begins and ends: the hit with a second before and after it."""
    start, end = hit.start or 0.0, hit.end or 0.0
    begin = max(0.0, start - MARGIN)
    return begin, min(max(end, start + 0.1) + MARGIN, begin + LONGEST_EXCERPT)


def wav(audio: Audio) -> bytes:
    """A WAV file of 16-bit samples.

    >>> len(wav(Audio(np.zeros(10, np.float32))))
    64
    """
    data = np.rint(audio.samples * 32767).astype("<i2").tobytes()
    rate = SAMPLING_RATE
    header = (
        b"RIFF", 36 + len(data), b"WAVEfmt ", 16, (1).to_bytes(2, "little") * 2, rate, 2 * rate,
        b"\x02\x00\x10\x00", b"data", len(data),
    )  # fmt: skip
    return b"".join(part.to_bytes(4, "little") if isinstance(part, int) else part for part in header) + data


def peaks(audio: Audio, buckets: int) -> list[float]:
    """The loudest sample in each of `buckets` equal parts, 0 to 1.

    >>> peaks(Audio(np.array([0, -0.5, 0.25, 0], np.float32)), 2)
    [0.5, 0.25]
    """
    edges = np.linspace(0, len(audio.samples), buckets + 1).astype(int)
    loud = np.abs(audio.samples)
    return [
        round(float(loud[start : max(end, start + 1)].max(initial=0.0)), 3) for start, end in pairwise(edges)
    ]


def blocks(recording: Recording, start: int, length: int) -> Iterator[bytes]:
    """A stretch of a recording, block by block; nothing of a file that has come to its place meanwhile."""
    with os.fdopen(_open_at_once(str(recording.path)), "rb") as file:
        facts = os.fstat(file.fileno())
        if (facts.st_size, facts.st_mtime_ns) != (recording.size, recording.mtime_ns):
            return
        file.seek(start)
        while length > 0 and (block := file.read(min(BLOCK, length))):
            length -= len(block)
            yield block
