"""Recordings inside the report, so that it can be played without its data."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from polyvox.errors import ReadError
from polyvox.item import SAMPLING_RATE, Audio

MOST_BYTES = 6_000_000
"""Of all embedded recordings together, before base64."""
MOST_BYTES_EACH = 300_000
_MOST_SECONDS = 60.0
_BIT_RATE = 24_000
_PLAYABLE = {".ogg": "audio/ogg", ".opus": "audio/ogg", ".mp3": "audio/mpeg", ".m4a": "audio/mp4"}
"""Kinds that browsers play and that are small already; others become Opus."""


@dataclass(slots=True)
class Sounds:
    """Recordings as data addresses, up to a size; what is too much is left out and said to be.

    Args:
        roots: folders that relative paths are looked for in.
        most_bytes: of all recordings together.
    """

    roots: Iterable[Path] = (Path(),)
    most_bytes: int = MOST_BYTES
    _used: int = 0
    _made: dict[str, str] = field(default_factory=dict)

    def address(self, path: str) -> str:
        """A `data:` address of the recording.

        Raises:
            ReadError: the recording cannot be found or read, or is too large; the message says which.
        """
        if path not in self._made:
            kind, content = self._content(path)
            if self._used + len(content) > self.most_bytes:
                raise ReadError(
                    path, f"left out: all recordings together are held to {self.most_bytes:,} bytes"
                )
            self._used += len(content)
            self._made[path] = f"data:{kind};base64,{b64encode(content).decode('ascii')}"
        return self._made[path]

    def _content(self, path: str) -> tuple[str, bytes]:
        found = next((root / path for root in self.roots if (root / path).is_file()), None)
        if found is None:
            raise ReadError(path, "left out: the recording is not there")
        kind = _PLAYABLE.get(found.suffix.lower())
        if kind and found.stat().st_size <= MOST_BYTES_EACH:
            return kind, found.read_bytes()
        from polyvox.read.sound import load_audio

        return "audio/ogg", opus(load_audio(found, _MOST_SECONDS))


def opus(audio: Audio, bit_rate: int = _BIT_RATE) -> bytes:
    """A recording as Ogg Opus."""
    import av
    import numpy as np

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=SAMPLING_RATE, layout="mono", bit_rate=bit_rate)
        samples = (np.clip(audio.samples, -1, 1) * 32_767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        frame.sample_rate = SAMPLING_RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return buffer.getvalue()
