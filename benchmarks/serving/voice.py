"""A spoken question of five seconds, from the first byte of the upload to the last byte of the hits."""

from __future__ import annotations

import io
import statistics
import time
from importlib.resources import files
from pathlib import Path

import httpx
import numpy as np
from benchmarks.serving.process import Polyvox

HEADER = "| question | index | times | median ms | p95 ms |\n|---|---|---|---|---|"
SECONDS = 5
TIMES = 100


def spoken(container: str, codec: str) -> bytes:
    """Five seconds of speech, as a browser's recorder writes them."""
    import av

    from polyvox.read import load_audio

    sample = Path(str(files("polyvox"))) / "samples" / "collection" / "sw" / "taarifa.ogg"
    samples = np.resize(load_audio(sample).samples, SECONDS * 16_000)
    target = io.BytesIO()
    rate = 48_000 if codec == "libopus" else 16_000
    with av.open(target, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout="mono")
        if not isinstance(stream, av.AudioStream):
            raise SystemExit(f"{codec} is no codec of sound")
        frame = av.AudioFrame.from_ndarray(
            (samples * 32767).astype(np.int16)[None], format="s16", layout="mono"
        )
        frame.sample_rate = 16_000
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate)
        for piece in [*resampler.resample(frame), *resampler.resample(None), None]:
            out.mux(stream.encode(piece))
    return target.getvalue()


def voice_rows(index: Path, items: int) -> list[str]:
    """Rows for the two ways in which a question may come."""
    server = Polyvox(index, "--read-only")
    rows = []
    try:
        for name, container, codec in (("webm, Opus", "webm", "libopus"), ("wav", "wav", "pcm_s16le")):
            content = spoken(container, codec)
            with httpx.Client(base_url=server.url, timeout=60) as client:
                took = [_ask(client, content) for _ in range(TIMES + 5)][5:]
            p95 = statistics.quantiles(took, n=20)[-1]
            rows.append(
                f"| {SECONDS} s, {name}, {len(content) / 1000:.0f} kB | {items:,} items | {TIMES} "
                f"| {statistics.median(took):.0f} | {p95:.0f} |"
            )
    finally:
        server.stop()
    return rows


def _ask(client: httpx.Client, content: bytes) -> float:
    began = time.perf_counter()
    answer = client.post("/v1/search/audio", files={"file": ("question", content)})
    answer.raise_for_status()
    return (time.perf_counter() - began) * 1000
