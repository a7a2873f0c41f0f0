"""Subtitles: what is said from second to second."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from polyvox.errors import ReadError
from polyvox.read.document import fenced, whole_text
from polyvox.read.options import ReadOptions
from polyvox.read.pack import split_passage
from polyvox.read.passage import Passage, tidy

_LONGEST_GAP = 2.0
_LONGEST_PASSAGE = 30.0
_ENOUGH_CHARS = 80
_SENTENCE_STOP = re.compile(r"[.!?…‽؟۔।॥።。！？｡]['\"”’»)\]」』]*$")


class _Cue(NamedTuple):
    text: str
    start: float
    end: float


def read_subtitles(stream: BinaryIO, path: str, options: ReadOptions) -> Iterator[Passage]:
    """Read an srt or vtt file; cues that follow closely are joined to whole sentences.

    A passage ends at a pause of 2 s, after 30 s, at the length limit, or at a sentence end once it has
    80 characters.

    Raises:
        ReadError: it is not text, or has no cues.
    """
    import pysubs2

    text = whole_text(stream, path, options.encoding)
    with fenced(path, "subtitle file"):
        kind = "vtt" if text.lstrip().startswith("WEBVTT") else "srt"
        subtitles = pysubs2.SSAFile.from_string(text, format_=kind)
        subtitles.sort()
        cues = [
            _Cue(content, event.start / 1000, max(event.start, event.end) / 1000)
            for event in subtitles
            if (content := tidy(event.plaintext))
        ]
    if not cues:
        raise ReadError(path, "holds no subtitle cues (lines such as 00:00:01,000 --> 00:00:03,500)")
    gathered: list[_Cue] = []
    for cue in cues:
        if gathered and _must_break(gathered, cue, options.max_passage_chars):
            yield from _passages(gathered, options.max_passage_chars)
            gathered = []
        if not gathered or cue.text != gathered[-1].text:
            gathered.append(cue)
    yield from _passages(gathered, options.max_passage_chars)


def _must_break(gathered: list[_Cue], following: _Cue, limit: int) -> bool:
    size = sum(len(cue.text) + 1 for cue in gathered)
    last = gathered[-1]
    return (
        following.start - last.end > _LONGEST_GAP
        or following.end - gathered[0].start > _LONGEST_PASSAGE
        or size + len(following.text) > limit
        or (size >= _ENOUGH_CHARS and _SENTENCE_STOP.search(last.text) is not None)
    )


def _passages(cues: list[_Cue], limit: int) -> Iterator[Passage]:
    text = " ".join(cue.text for cue in cues)
    end = max(cue.end for cue in cues)
    for stretch in split_passage(text, limit):
        yield Passage(stretch, start=cues[0].start, end=end)
