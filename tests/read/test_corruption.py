"""Damaged files of every format: each gives items or says what is wrong, and nothing else is harmed."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import docx
import numpy as np
import pytest
from numpy.typing import NDArray

from polyvox.errors import ReadError
from polyvox.item import Audio, Item
from polyvox.read import ReadOptions, decode_audio, load_audio, read_file

Damage = Callable[[bytes, random.Random], bytes]
Files = dict[str, bytes]

SECONDS_A_FILE = 5.0
TEXTS = [".txt", ".md", ".html", ".pdf", ".docx", ".srt", ".vtt", ".csv", ".tsv", ".jsonl"]
SUFFIXES = [*TEXTS, ".wav", ".flac", ".mp3", ".ogg", ".m4a", ".mp4", ".webm"]
SENTENCE = "The ferry to the island leaves every morning at nine, and in summer once more at noon."


def _truncate(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _behead(data: bytes, chance: random.Random) -> bytes:
    return data[chance.randrange(1, min(len(data), 200)) :]


def _flip(data: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(chance.choice([1, 8, 64, 512])):
        damaged[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def _flip_header(data: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(6):
        damaged[chance.randrange(min(len(data), 120))] = chance.randrange(256)
    return bytes(damaged)


def _zero(data: bytes, chance: random.Random) -> bytes:
    begin = chance.randrange(len(data))
    length = min(len(data) - begin, chance.randrange(1, 1 + len(data) // 3))
    return data[:begin] + bytes(length) + data[begin + length :]


def _cut_out(data: bytes, chance: random.Random) -> bytes:
    begin = chance.randrange(len(data))
    return data[:begin] + data[begin + chance.randrange(1, 1 + len(data) // 3) :]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    begin = chance.randrange(len(data))
    return data[:begin] + data[begin // 2 : begin] * 3 + data[begin:]


def _noise(data: bytes, chance: random.Random) -> bytes:
    return data[:16] + chance.randbytes(len(data) // 2)


def _largest_numbers(data: bytes, chance: random.Random) -> bytes:
    begin = chance.randrange(min(len(data), 400))
    return data[:begin] + b"\xff" * 4 + data[begin + 4 :]


DAMAGES: list[Damage] = [
    _truncate,
    _behead,
    _flip,
    _flip,
    _flip_header,
    _flip_header,
    _zero,
    _cut_out,
    _repeat,
    _noise,
    _largest_numbers,
]


def _docx() -> bytes:
    document = docx.Document()
    document.add_heading("Ferries", 1)
    document.add_paragraph(SENTENCE)
    document.add_table(2, 2).cell(1, 1).text = SENTENCE
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def good_files(
    encode: Callable[..., bytes], speech: NDArray[np.float32], make_pdf: Callable[[list[str]], bytes]
) -> Files:
    cue = f"00:00:01.000 --> 00:00:04.000\n{SENTENCE}\n\n"
    rows = "".join(json.dumps({"text": SENTENCE, "n": n}) + "\n" for n in range(20))
    wide = np.repeat(speech[: 3 * 16_000], 3)
    return {
        ".txt": (SENTENCE + "\n").encode() * 20,
        ".md": f"# Ferries\n\n{SENTENCE}\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n".encode() * 5,
        ".html": f"<html lang='en'><body><h1>Ferries</h1><p>{SENTENCE}</p></body></html>".encode() * 3,
        ".pdf": make_pdf([SENTENCE, SENTENCE, "Last page."]),
        ".docx": _docx(),
        ".srt": "".join(f"{n}\n{cue.replace('.000', ',000')}" for n in range(10)).encode(),
        ".vtt": ("WEBVTT\n\n" + cue * 10).encode(),
        ".csv": ("text,n\n" + f'"{SENTENCE}",1\n' * 20).encode(),
        ".tsv": ("text\tn\n" + f"{SENTENCE}\t1\n" * 20).encode(),
        ".jsonl": rows.encode(),
        ".wav": encode(speech, 16_000, "wav", "pcm_s16le"),
        ".flac": encode(speech, 16_000, "flac", "flac"),
        ".mp3": encode(wide, 48_000, "mp3", "libmp3lame"),
        ".ogg": encode(wide, 48_000, "ogg", "libopus"),
        ".m4a": encode(wide, 48_000, "ipod", "aac"),
        ".mp4": encode(wide, 48_000, "mp4", "aac", picture=True),
        ".webm": encode(wide, 48_000, "webm", "libopus", picture=True),
    }


def outcome(path: Path) -> tuple[list[Item], list[ReadError]]:
    """Items and problems of one file; any other exception fails the test."""
    items: list[Item] = []
    problems: list[ReadError] = []
    begin = time.process_time()
    try:
        for entry in read_file(path, ReadOptions()):
            problems.append(entry) if isinstance(entry, ReadError) else items.append(entry)
    except ReadError as error:
        problems.append(error)
    assert time.process_time() - begin < SECONDS_A_FILE, f"{path.name} took too long"
    return items, problems


def check(items: list[Item], problems: list[ReadError], path: Path) -> None:
    assert items or problems
    assert all(problem.path == str(path) and problem.reason for problem in problems)
    assert [item.position for item in items] == list(range(len(items)))
    for item in items:
        if isinstance(item.content, Audio):
            samples = item.content.samples
            assert np.isfinite(samples).all()
            assert 0 < len(samples) <= 20 * 16_000
            assert np.abs(samples).max() <= 1
        else:
            assert item.content.strip()
            assert item.content.encode()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_damaged_files(suffix: str, good_files: Files, tmp_path: Path) -> None:
    chance = random.Random(suffix)
    good = tmp_path / f"good{suffix}"
    good.write_bytes(good_files[suffix])
    (expected, none) = outcome(good)
    assert expected
    assert not none
    damaged = tmp_path / f"damaged{suffix}"
    for damage in DAMAGES * 2:
        damaged.write_bytes(damage(good_files[suffix], chance))
        check(*outcome(damaged), damaged)
    again, _ = outcome(good)
    assert [(i.locator, i.start, i.end, i.language) for i in again] == [
        (i.locator, i.start, i.end, i.language) for i in expected
    ]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_wrong_suffixes_and_swapped_headers(suffix: str, good_files: Files, tmp_path: Path) -> None:
    path = tmp_path / f"wrong{suffix}"
    for other in SUFFIXES:
        path.write_bytes(good_files[other])
        check(*outcome(path), path)
        path.write_bytes(good_files[other][:64] + good_files[suffix][64:])
        check(*outcome(path), path)


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".webm"])
def test_damaged_voice_queries(suffix: str, good_files: Files) -> None:
    chance = random.Random(1)
    for damage in DAMAGES:
        data = damage(good_files[suffix], chance)
        try:
            assert load_audio(BytesIO(data), max_seconds=5).seconds <= 5
        except ReadError as error:
            assert error.reason


def test_a_broken_recording_is_no_worse_than_its_beginning(good_files: Files) -> None:
    whole = b"".join(block.tobytes() for block in decode_audio(BytesIO(good_files[".wav"])))
    part = b""
    with pytest.raises(ReadError):
        for block in decode_audio(BytesIO(good_files[".wav"][:-60_000])):
            part += block.tobytes()
    assert len(part) == len(whole) - 2 * 60_000
    assert whole.startswith(part)
