"""A question spoken into the microphone."""

from __future__ import annotations

import sys

from polyvox.errors import MissingExtraError, PolyvoxError
from polyvox.item import SAMPLING_RATE, Audio


def listen(seconds: int) -> Audio:
    """Record `seconds` from the default microphone.

    Raises:
        MissingExtraError: the package `sounddevice` is not installed.
        PolyvoxError: there is no microphone, or it cannot be opened.
    """
    try:
        import sounddevice
    except ImportError as error:
        raise MissingExtraError("microphone", "--listen") from error
    except OSError as error:
        raise PolyvoxError(
            f"--listen needs the PortAudio library (Debian: apt install libportaudio2): {error}"
        ) from error
    print(f"listening for {seconds} s …", file=sys.stderr)
    try:
        samples = sounddevice.rec(
            seconds * SAMPLING_RATE,
            samplerate=SAMPLING_RATE,
            channels=1,
            dtype="float32",
        )
        sounddevice.wait()
    except sounddevice.PortAudioError as error:
        raise PolyvoxError(f"the microphone cannot be opened: {error}") from error
    return Audio(samples[:, 0].copy())
