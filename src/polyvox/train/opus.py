"""Speech to Ogg Opus in memory."""

from __future__ import annotations

import io

import av
import numpy as np
from numpy.typing import NDArray

from polyvox.item import SAMPLING_RATE

_OPUS_RATE = 48_000


def encode_opus(samples: NDArray[np.float32], bit_rate: int) -> bytes:
    """Encode mono samples at 16 kHz; the same samples always give the same bytes.

    Args:
        samples: shape (T,).
        bit_rate: in bits a second.
    """
    buffer = io.BytesIO()
    pcm = (np.clip(samples, -1, 1) * 32767).astype(np.int16)
    # Without bitexact every file gets a serial number by chance.
    with av.open(buffer, "w", format="ogg", options={"fflags": "+bitexact"}) as out:
        stream = out.add_stream("libopus", rate=_OPUS_RATE, layout="mono")
        stream.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        frame.rate = SAMPLING_RATE
        resampler = av.AudioResampler("s16", "mono", _OPUS_RATE)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return buffer.getvalue()
