from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from polyvox.errors import ReadError
from polyvox.item import Audio, Item, Modality
from polyvox.read import ReadOptions, read_file

Sound = NDArray[np.float32]
Encode = Callable[..., bytes]


def items(path: Path, options: ReadOptions | None = None) -> list[Item]:
    found = list(read_file(path, options))
    assert all(isinstance(entry, Item) for entry in found)
    return [entry for entry in found if isinstance(entry, Item)]


def test_stretches_say_where_they_are(encode: Encode, speech: Sound, tmp_path: Path) -> None:
    quiet = np.zeros(3 * 16_000, np.float32)
    path = tmp_path / "talk.flac"
    path.write_bytes(encode(np.concatenate([quiet, speech, quiet, speech]), 16_000, "flac", "flac"))
    found = items(path, ReadOptions(language="deu"))
    assert found[0].start == pytest.approx(3, abs=0.6)
    assert found[-1].end == pytest.approx(3 + 6 + 3 + 6, abs=0.6)
    assert [item.position for item in found] == list(range(len(found)))
    for item in found:
        assert item.modality is Modality.SPEECH
        assert isinstance(item.content, Audio)
        assert item.start is not None
        assert item.end is not None
        assert item.end - item.start == pytest.approx(item.content.seconds, abs=1e-3)
        assert (item.path, item.language) == (str(path), "de")


def test_max_segment_seconds(encode: Encode, speech: Sound, tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    path.write_bytes(encode(speech, 16_000, "wav", "pcm_s16le"))
    found = items(path, ReadOptions(max_segment_seconds=1.5))
    assert len(found) >= 4
    assert all(item.content.seconds <= 1.5 for item in found if isinstance(item.content, Audio))


def test_a_very_short_word_is_one_item(encode: Encode, speech: Sound, tmp_path: Path) -> None:
    path = tmp_path / "word.wav"
    path.write_bytes(encode(speech[8_000:11_200], 16_000, "wav", "pcm_s16le"))
    (item,) = items(path)
    assert item.start == 0
    assert item.end == pytest.approx(0.2, abs=0.05)


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        (np.zeros(80_000, np.float32), r"no speech found: 5\.0 s of silence"),
        (
            np.full(160_000, 0.2, np.float32),
            r"no speech found: 10\.0 s of sound without speech",
        ),
    ],
)
def test_no_speech(encode: Encode, sound: Sound, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "quiet.wav"
    path.write_bytes(encode(sound, 16_000, "wav", "pcm_s16le"))
    with pytest.raises(ReadError, match=reason):
        list(read_file(path))


def test_what_a_truncated_recording_still_holds_comes_before_the_problem(
    encode: Encode, speech: Sound, tmp_path: Path
) -> None:
    data = encode(np.concatenate([speech] * 3), 16_000, "wav", "pcm_s16le")
    path = tmp_path / "talk.wav"
    path.write_bytes(data[: len(data) // 2])
    *found, problem = read_file(path)
    assert len(found) >= 2
    assert all(isinstance(entry, Item) for entry in found)
    assert isinstance(problem, ReadError)
    assert "ends at 9.0 s but its header promises 18.0 s" in problem.reason


def test_sound_that_starts_later_than_its_film(encode: Encode, speech: Sound, tmp_path: Path) -> None:
    from io import BytesIO

    import av

    film = BytesIO(encode(speech, 16_000, "matroska", "flac", picture=True))
    path = tmp_path / "late.mkv"
    with av.open(film) as source, av.open(str(path), "w", format="matroska") as output:
        assert isinstance(source, av.container.InputContainer)
        streams = {stream.index: output.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is None:
                continue
            if packet.stream.type == "audio":
                assert packet.pts is not None
                assert packet.time_base is not None
                packet.pts += int(2 / packet.time_base)
                packet.dts += int(2 / packet.time_base)
            packet.stream = streams[packet.stream.index]
            output.mux(packet)
    (on_time, *_), (late, *_) = items_of(film.getvalue(), tmp_path), items(path)
    assert on_time.start is not None
    assert late.start == pytest.approx(on_time.start + 2, abs=0.05)


def items_of(data: bytes, folder: Path) -> list[Item]:
    path = folder / "on-time.mkv"
    path.write_bytes(data)
    return items(path)
