from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from polyvox.read.speech import WINDOW, Segment, segments

Sound = NDArray[np.float32]


class Loudness:
    """Calls whatever is loud speech, so that the cutting can be tested by itself."""

    def process_array(self, audio_array: Sound) -> float:
        return float(np.abs(audio_array).max() > 0.1)


def loud(windows: int, level: float = 0.5) -> Sound:
    return np.full(windows * WINDOW, level, np.float32)


def cut(*parts: Sound, max_seconds: float = 20.0) -> list[tuple[int, int]]:
    """Begin and end, in windows, of the stretches found; each is checked against the recording."""
    recording = np.concatenate(parts)
    found = list(segments(np.array_split(recording, 7), max_seconds, Loudness()))
    for segment in found:
        end = segment.begin + len(segment.samples)
        np.testing.assert_array_equal(segment.samples, recording[segment.begin : end])
    return [(s.begin // WINDOW, (s.begin + len(s.samples)) // WINDOW) for s in found]


def test_padding_and_pauses() -> None:
    silence = loud(30, 0.0)
    assert cut(silence, loud(10), silence, loud(10), silence, silence) == [
        (25, 45),
        (65, 85),
    ]


def test_short_pauses_are_bridged() -> None:
    assert cut(loud(60, 0), loud(10), loud(12, 0), loud(10), loud(60, 0)) == [(55, 97)]


def test_clicks_are_no_speech() -> None:
    assert cut(loud(80, 0), loud(1), loud(80, 0)) == []


def test_padding_ends_with_the_recording() -> None:
    assert cut(loud(2, 0), loud(100)) == [(0, 102)]


def test_two_stretches_never_overlap() -> None:
    found = cut(loud(50, 0), loud(10), loud(14, 0), loud(10), loud(50, 0))
    assert found == [(45, 65), (69, 89)]


def test_a_long_stretch_is_split_where_it_is_quietest() -> None:
    found = cut(loud(45), loud(5, 0.2), loud(45), loud(60, 0), max_seconds=2)
    assert len(found) == 2
    assert found[0][0] == 0
    assert 45 <= found[0][1] <= 50
    assert found[1] == (found[0][1], 100)


@pytest.mark.parametrize("seconds", [1, 3, 20])
def test_no_stretch_is_longer_than_allowed(seconds: float) -> None:
    noise = np.random.default_rng(0).uniform(0.2, 1, 60 * 16_000).astype(np.float32)
    found = list(segments([noise], seconds, Loudness()))
    assert all(len(segment.samples) <= seconds * 16_000 for segment in found)
    assert sum(len(segment.samples) for segment in found) == len(noise)


def test_a_short_recording_without_speech_is_one_stretch() -> None:
    quiet = loud(20, 0.05)
    (segment,) = segments([quiet[:-100]], 20, Loudness())
    assert (segment.start, segment.end) == (0, (20 * WINDOW - 100) / 16_000)
    assert list(segments([loud(20, 0.0)], 20, Loudness())) == []
    assert list(segments([loud(200, 0.05)], 20, Loudness())) == []


def test_the_last_window_is_not_padded() -> None:
    (segment,) = segments([loud(50)[:-200]], 20, Loudness())
    assert len(segment.samples) == 50 * WINDOW - 200


def test_silero_hears_speech_and_not_noise(speech: Sound) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 5 * 16_000).astype(np.float32)
    recording = np.concatenate([noise, speech, np.zeros(32_000, np.float32)])
    found = list(segments([recording], 20))
    assert found
    assert found[0].start == pytest.approx(5, abs=0.6)
    assert found[-1].end < 5 + len(speech) / 16_000 + 0.3


def test_results_do_not_depend_on_what_was_heard_before(speech: Sound) -> None:
    def heard(sound: Sound) -> list[Segment]:
        return list(segments([sound], 20))

    first = heard(speech)
    heard(np.random.default_rng(1).normal(0, 0.3, 48_000).astype(np.float32))
    again = heard(speech)
    assert [(s.begin, len(s.samples)) for s in first] == [(s.begin, len(s.samples)) for s in again]


def test_a_long_recording_is_never_held_whole() -> None:
    def endless() -> Iterator[Sound]:
        generator = np.random.default_rng(0)
        for _ in range(240):
            yield generator.uniform(0.2, 1, 16_000).astype(np.float32)

    tracemalloc.start()
    seconds = sum(segment.end - segment.start for segment in segments(endless(), 20, Loudness()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seconds == pytest.approx(240)
    assert peak < 8_000_000
