"""A recording to items: one for every stretch of speech."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from polyvox.errors import ReadError
from polyvox.item import SAMPLING_RATE, UNKNOWN_LANGUAGE, Audio, Item
from polyvox.read.options import ReadOptions
from polyvox.read.sound import Decoding, Samples, decode_audio, is_silent
from polyvox.read.speech import segments


def read_recording(stream: BinaryIO, path: str, options: ReadOptions) -> Iterator[Item | ReadError]:
    """Read the stretches of speech in a recording or film; the stream goes on as they are asked for.

    Raises:
        ReadError: no sound can be decoded, or nobody speaks.
    """
    heard = _Heard()
    position = -1
    for position, segment in enumerate(segments(heard.listen(stream), options.max_segment_seconds)):
        yield Item(
            Audio(segment.samples),
            path=path,
            position=position,
            language=options.language or UNKNOWN_LANGUAGE,
            start=round(heard.decoding.offset + segment.start, 3),
            end=round(heard.decoding.offset + segment.end, 3),
        )
    if position < 0:
        raise ReadError(path, heard.nothing())
    if heard.damage is not None:
        yield heard.damage


class _Heard:
    """What went by while a recording was decoded; damage after the first sound is kept for the end."""

    def __init__(self) -> None:
        self.decoding = Decoding()
        self.samples = 0
        self.silent = True
        self.damage: ReadError | None = None

    def listen(self, stream: BinaryIO) -> Iterator[Samples]:
        try:
            for block in decode_audio(stream, self.decoding):
                self.samples += len(block)
                self.silent = self.silent and is_silent(block)
                yield block
        except ReadError as error:
            if self.samples == 0:
                raise
            self.damage = error

    def nothing(self) -> str:
        kind = "silence" if self.silent else "sound without speech"
        reason = f"no speech found: {self.samples / SAMPLING_RATE:.1f} s of {kind}"
        return f"{reason}; {self.damage.reason}" if self.damage else reason
