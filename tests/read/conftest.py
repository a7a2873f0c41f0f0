"""Recordings and documents made for the tests."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

import polyvox
from polyvox.read import load_audio

Sound = NDArray[np.float32]
Encode = Callable[..., bytes]

COLLECTION = Path(polyvox.__file__).parent / "samples" / "collection"


def _encode(samples: Sound, rate: int, container: str, codec: str, *, picture: bool = False) -> bytes:
    """Samples of shape (n,) or (channels, n) as a file; with `picture` a film of black frames."""
    channels = np.atleast_2d(samples)
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(channels)]
    buffer = BytesIO()
    with av.open(buffer, "w", format=container) as output:
        film = _add_picture_stream(output) if picture else None
        stream = output.add_stream(codec, rate=rate)
        assert isinstance(stream, av.AudioStream)
        stream.codec_context.layout = layout
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(channels, np.float32), "fltp", layout)
        frame.sample_rate = rate
        frame.time_base = Fraction(1, rate)
        frame.pts = 0
        output.mux([*stream.encode(frame), *stream.encode(None)])
        if film is not None:
            output.mux(_black(film, channels.shape[1] / rate))
    return buffer.getvalue()


def _add_picture_stream(output: av.container.OutputContainer) -> av.VideoStream:
    stream = output.add_stream("libvpx" if output.format.name == "webm" else "mpeg4", rate=5)
    stream.width = stream.height = 32
    stream.pix_fmt = "yuv420p"
    return stream


def _black(stream: av.VideoStream, seconds: float) -> list[av.Packet[av.VideoStream]]:
    packets = []
    for number in range(max(1, int(seconds * 5))):
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")
        frame.pts = number
        packets += stream.encode(frame)
    return packets + stream.encode(None)


@pytest.fixture(scope="session")
def encode() -> Encode:
    """Encode float samples into any container."""
    return _encode


@pytest.fixture(scope="session")
def speech() -> Sound:
    """Six seconds of spoken German, 16 kHz, from the sample collection."""
    return load_audio(COLLECTION / "de" / "lokalfunk.ogg", max_seconds=6).samples


@pytest.fixture(scope="session")
def make_pdf() -> Callable[[list[str]], bytes]:
    """A PDF of one line of text a page, written by hand."""
    return _make_pdf


def _make_pdf(pages: list[str]) -> bytes:
    count = len(pages)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(count))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, text in enumerate(pages):
        content = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET" if text else ""
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    body = b"%PDF-1.4\n"
    offsets = []
    for number, text in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{text}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    trailer = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n"
    return body + f"{trailer}startxref\n{len(body)}\n%%EOF\n".encode("latin-1")
