"""The process that decodes sound for the server: questions, waveforms and excerpts.

It speaks on its standard streams: a line of JSON for each order, and for each answer a line of JSON that
says how many bytes of little-endian float32 samples follow.
"""

from __future__ import annotations

import json
import sys
from typing import Any, BinaryIO

from polyvox.errors import ReadError
from polyvox.item import Audio
from polyvox.read.excerpt import load_excerpt
from polyvox.read.sound import load_audio
from polyvox.serve.limits import be_patient, end_with_parent, forbid_core_files, limit_memory, limit_processor


def main() -> None:
    """Serve orders until standard input ends."""
    memory, processor = (float(argument) for argument in sys.argv[1:3])
    end_with_parent()
    forbid_core_files()
    be_patient(1)
    _warm_up()
    limit_memory(int(memory))
    _say({"ready": True})
    for line in sys.stdin.buffer:
        limit_processor(processor)
        _answer(json.loads(line))


def _answer(order: dict[str, Any]) -> None:
    try:
        audio = _decoded(order)
    except ReadError as error:
        _say({"problem": error.reason})
    except MemoryError:
        _say({"problem": "needs more memory than a reader may use"})
    except Exception as error:  # what a damaged file can raise is not known beforehand
        _say({"problem": f"cannot be decoded ({type(error).__name__})"})
    else:
        _say({"bytes": audio.samples.nbytes}, audio)


def _decoded(order: dict[str, Any]) -> Audio:
    if "start" in order:
        return load_excerpt(order["path"], order["start"], order["end"])
    # One second more than is allowed tells the server that there was more.
    return load_audio(order["path"], order["seconds"] + 1)


def _say(header: dict[str, Any], audio: Audio | None = None, out: BinaryIO | None = None) -> None:
    out = out or sys.stdout.buffer
    out.write(json.dumps(header).encode() + b"\n")
    if audio is not None:
        out.write(audio.samples.astype("<f4").tobytes())
    out.flush()


def _warm_up() -> None:
    """Load FFmpeg before memory is limited, and before anybody waits."""
    import av

    av.AudioResampler(format="flt", layout="mono", rate=16_000)


if __name__ == "__main__":
    main()
