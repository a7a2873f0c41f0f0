from __future__ import annotations

from io import BytesIO

import pytest

from polyvox.errors import ReadError
from polyvox.read import ReadOptions
from polyvox.read.subtitles import read_subtitles


def read(text: str) -> list[tuple[str, float | None, float | None]]:
    passages = read_subtitles(BytesIO(text.encode()), "a.srt", ReadOptions())
    return [(p.content, p.start, p.end) for p in passages]


def srt(*cues: tuple[float, float, str]) -> str:
    def stamp(seconds: float) -> str:
        return f"00:{int(seconds) // 60:02}:{int(seconds) % 60:02},{round(seconds % 1 * 1000):03}"

    blocks = [f"{stamp(start)} --> {stamp(end)}\n{text}\n" for start, end, text in cues]
    return "\n".join(f"{number}\n{block}" for number, block in enumerate(blocks, 1))


def test_cues_are_joined_up_to_a_pause() -> None:
    text = srt((1, 2, "<i>Hello there,</i>"), (2.5, 4, "my friend."), (6.25, 7, "How are you?"))
    assert read(text) == [
        ("Hello there, my friend.", 1.0, 4.0),
        ("How are you?", 6.25, 7.0),
    ]


def test_a_passage_ends_with_a_sentence_once_it_is_long_enough() -> None:
    sentence = "This is a sentence that has about fifty characters."
    cues = srt(*((float(n), n + 0.9, sentence + f" {n}.") for n in range(4)))
    assert [end for _, _, end in read(cues)] == [1.9, 3.9]


def test_no_passage_is_longer_than_thirty_seconds() -> None:
    found = read(srt(*((float(n), n + 1.0, f"word{n}") for n in range(100))))
    assert [(start, end) for _, start, end in found] == [
        (0, 30),
        (30, 60),
        (60, 90),
        (90, 100),
    ]


def test_repeated_and_unsorted_cues() -> None:
    assert read(srt((5, 6, "two"), (3, 4, "one"), (4, 5, "one"))) == [("one two", 3.0, 6.0)]


def test_vtt() -> None:
    text = "WEBVTT\n\nNOTE a note\n\n00:01.000 --> 00:02.500 align:start\nHallo <v Bob>Welt</v>\n"
    assert read(text) == [("Hallo Welt", 1.0, 2.5)]


@pytest.mark.parametrize("text", ["just a text", "1\n00:00:xx --> 3\nhello"])
def test_no_cues(text: str) -> None:
    with pytest.raises(ReadError, match="holds no subtitle cues"):
        read(text)
