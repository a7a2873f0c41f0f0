"""Any audio or video file to float32 mono samples at 16 kHz, as a stream."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from polyvox.errors import ReadError
from polyvox.item import SAMPLING_RATE, Audio

if TYPE_CHECKING:
    from av import AudioFrame, AudioResampler, AudioStream
    from av.container import InputContainer

Samples = NDArray[np.float32]

BLOCK_SAMPLES = SAMPLING_RATE
_MAX_BAD_PACKETS = 10_000
_LOWEST_RATE = 1_000
_SILENCE_PEAK = 1e-3
_EXACT_DURATION = frozenset({"wav", "w64", "flac", "matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2", "aiff", "caf"})

# Playlists (hls, dash, concat) are left out: they would make a file open other files and addresses.
_DEMUXERS = (
    "wav,w64,aiff,au,caf,flac,ogg,mp3,aac,ac3,eac3,amr,ape,wv,tta,dts,mpc,mpc8,asf,avi,flv,"
    "matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mpeg,mpegts,gsm,nistsphere,voc,sln,dsf"
)


@dataclass(slots=True)
class Decoding:
    """What comes to light while a file is decoded, beside its sound.

    `offset` is where the first sample stands, in seconds from the beginning of the file.
    """

    offset: float = 0.0
    bad_packets: int = 0
    not_numbers: int = 0
    seconds: float = 0.0
    broke_off: str = ""
    promised: float = 0.0

    def damage(self) -> str:
        """The damage in words, empty when there is none."""
        parts = []
        if self.broke_off:
            parts.append(f"breaks off after {self.seconds:.1f} s ({self.broke_off})")
        elif self.promised - self.seconds > max(1.0, 0.05 * self.promised):
            parts.append(
                f"ends at {self.seconds:.1f} s but its header promises {self.promised:.1f} s: truncated?"
            )
        if self.bad_packets:
            parts.append(f"{self.bad_packets} damaged packets were left out")
        if self.not_numbers:
            parts.append(f"{self.not_numbers} samples are not numbers and were made silent")
        return "; ".join(parts)


def decode_audio(source: str | Path | BinaryIO, decoding: Decoding | None = None) -> Iterator[Samples]:
    """Decode the sound of a file, block by block of about one second.

    Any container and codec that FFmpeg reads, any rate; channels are averaged. Never more than a block is
    held. The sound that a damaged file still gives comes first and the error last; `decoding` is filled in
    on the way.

    Yields:
        float32 samples of shape (n,), mono, 16 kHz, in [-1, 1].

    Raises:
        ReadError: no sound can be decoded, or (at the end) the file is damaged.
    """
    path = _name(source)
    decoding = decoding or Decoding()
    with opened(source, path) as (container, stretch):
        stream = audio_stream(container, path)
        decoding.offset = _offset(container, stream)
        decoding.promised = stretch * _promised_seconds(container, stream)
        total = 0
        for block in _blocks(_mono(container, stream, decoding), decoding):
            total += len(block)
            decoding.seconds = total / SAMPLING_RATE
            yield block
    if total == 0:
        raise ReadError(path, f"holds no sound: {decoding.broke_off or 'its audio stream is empty'}")
    if reason := decoding.damage():
        raise ReadError(path, reason)


def load_audio(source: str | Path | BinaryIO, max_seconds: float = 60.0) -> Audio:
    """Load the beginning of a recording, such as a spoken query, up to `max_seconds`.

    Raises:
        ReadError: there is no sound in it, or only silence.
    """
    blocks: list[Samples] = []
    limit = int(max_seconds * SAMPLING_RATE)
    loaded = 0
    try:
        for block in decode_audio(source):
            blocks.append(block)
            loaded += len(block)
            if loaded >= limit:
                break
    except ReadError:
        if not blocks:
            raise
    samples = np.concatenate(blocks)[:limit]
    if is_silent(samples):
        raise ReadError(
            _name(source),
            f"no speech found: {len(samples) / SAMPLING_RATE:.1f} s of silence",
        )
    return Audio(samples)


def is_silent(samples: Samples) -> bool:
    """Whether no sample is louder than -60 dB of full scale."""
    return len(samples) == 0 or float(np.abs(samples).max()) < _SILENCE_PEAK


def _name(source: str | Path | BinaryIO) -> str:
    return str(source) if isinstance(source, str | Path) else str(getattr(source, "name", "the recording"))


@contextmanager
def opened(source: str | Path | BinaryIO, path: str) -> Iterator[tuple[InputContainer, float]]:
    """The open file, and how many times longer its header says it is."""
    import av

    try:
        opened = Path(source).open("rb") if isinstance(source, str | Path) else nullcontext(source)  # noqa: SIM115 - closed below
    except OSError as error:
        raise ReadError(path, f"cannot be read: {error.strerror}") from error
    with opened as file:
        stretch = _riff_stretch(file)
        try:
            container = av.open(
                file,
                "r",
                metadata_errors="replace",
                container_options={"format_whitelist": _DEMUXERS},
            )
        except (av.FFmpegError, ValueError, OSError) as error:
            reason = f"is not a recording that can be decoded ({_short(error)})"
            raise ReadError(path, f"{reason}; is it truncated, or named wrongly?") from error
        with container:
            yield container, stretch


def _riff_stretch(file: BinaryIO) -> float:
    """FFmpeg believes the size of a wav file more than its header, and so sees no truncation."""
    if not file.seekable():
        return 1.0
    begin = file.tell()
    head = file.read(8)
    size = file.seek(0, 2) - begin
    file.seek(begin)
    declared = int.from_bytes(head[4:8], "little") + 8
    # A writer that could not know the size, because it wrote to a pipe, puts a huge one.
    known = head[:4] == b"RIFF" and declared < 0x7FFF_0000
    return max(1.0, declared / size) if known else 1.0


def audio_stream(container: InputContainer, path: str) -> AudioStream:
    """The first audio stream of a container.

    Raises:
        ReadError: there is none, or its header makes no sense.
    """
    streams = container.streams.audio
    if not streams:
        raise ReadError(path, "has no audio stream")
    stream = streams[0]
    if not stream.codec_context or not stream.codec_context.codec:
        raise ReadError(path, "its audio codec is unknown")
    rate = stream.codec_context.sample_rate
    if rate < _LOWEST_RATE:
        # Stretched to 16 kHz, a megabyte at one sample per second would be days of noise.
        raise ReadError(path, f"its header says {rate} samples per second")
    if not stream.codec_context.channels:
        raise ReadError(path, "its header says 0 channels")
    return stream


def _offset(container: InputContainer, stream: AudioStream) -> float:
    """How much later the sound begins than the file, as players count; 0 where the header makes no sense."""
    if stream.start_time is None or stream.time_base is None or container.start_time is None:
        return 0.0
    offset = float(stream.start_time * stream.time_base) - container.start_time / 1_000_000
    return offset if 0 < offset <= (container.duration or 0) / 1_000_000 else 0.0


def _promised_seconds(container: InputContainer, stream: AudioStream) -> float:
    """How much sound the header promises; 0 where it says nothing, or only how long the pictures last."""
    if container.format.name not in _EXACT_DURATION:
        return 0.0
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    alone = len(container.streams) == 1
    return (container.duration or 0) / 1_000_000 - _offset(container, stream) if alone else 0.0


def _mono(container: InputContainer, stream: AudioStream, decoding: Decoding) -> Iterator[Samples]:
    """Decoded, resampled, channels averaged; in the pieces in which the codec hands them out."""
    import av

    resampler: AudioResampler | None = None
    packets = container.demux(stream)
    while decoding.bad_packets < _MAX_BAD_PACKETS:
        try:
            packet = next(packets, None)
        except (av.FFmpegError, ValueError, OSError) as error:
            decoding.broke_off = _short(error)
            break
        if packet is None:
            break
        pieces: list[Samples] = []
        try:
            for frame in packet.decode():
                resampler, resampled = resample_frame(resampler, frame)
                pieces += resampled
        except (av.FFmpegError, ValueError):
            decoding.bad_packets += 1
        yield from pieces
    if resampler is not None:
        yield from (_average(frame) for frame in resampler.resample(None))


def resample_frame(
    resampler: AudioResampler | None, frame: AudioFrame
) -> tuple[AudioResampler, list[Samples]]:
    """One frame resampled; a stream that changes its rate or channels midway gets a new resampler."""
    import av

    frame.pts = None
    pieces: list[Samples] = []
    if resampler is not None:
        try:
            return resampler, [_average(out) for out in resampler.resample(frame)]
        except ValueError:
            pieces = [_average(out) for out in resampler.resample(None)]
    resampler = av.AudioResampler(format="flt", layout=frame.layout, rate=SAMPLING_RATE)
    pieces += [_average(out) for out in resampler.resample(frame)]
    return resampler, pieces


def _average(frame: AudioFrame) -> Samples:
    # Interleaved, because PyAV counts the planes of a frame with eight channels and more beyond their end.
    interleaved = frame.to_ndarray().astype(np.float32, copy=False)
    channels = interleaved.reshape(-1, frame.layout.nb_channels)
    return channels[:, 0] if channels.shape[1] == 1 else channels.mean(axis=1, dtype=np.float32)


def _blocks(pieces: Iterator[Samples], decoding: Decoding) -> Iterator[Samples]:
    gathered: list[Samples] = []
    size = 0
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size >= BLOCK_SAMPLES:
            yield _clean(np.concatenate(gathered), decoding)
            gathered, size = [], 0
    if size:
        yield _clean(np.concatenate(gathered), decoding)


def _clean(samples: Samples, decoding: Decoding) -> Samples:
    if not np.isfinite(samples.sum()):
        numbers = np.isfinite(samples)
        decoding.not_numbers += int(len(samples) - numbers.sum())
        samples = np.where(numbers, samples, np.float32(0))
    return np.clip(samples, -1, 1)


def _short(error: BaseException) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip()
