from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from polyvox.errors import ReadError
from polyvox.item import Item
from polyvox.read import SUPPORTED_SUFFIXES, ReadOptions, read_file
from polyvox.read.file import TEXT_READERS
from polyvox.read.formats import FORMAT_OF, Format

MAGIC = {
    "a wav or avi recording": b"RIFF\x00\x00\x00\x00WAVE",
    "an ogg recording": b"OggS\x00\x02",
    "an mp3 recording": b"ID3\x04",
    "an mp4 or m4a recording": b"\x00\x00\x00\x20ftypM4A ",
    "a PDF": b"%PDF-1.7\n",
    "a zip archive": b"PK\x03\x04",
    "gzip-compressed data": b"\x1f\x8b\x08",
    "an image": b"\x89PNG\r\n",
}


def test_every_format_has_a_reader_and_every_suffix_a_format() -> None:
    assert set(TEXT_READERS) | {Format.SOUND} == set(Format)
    assert set(FORMAT_OF.values()) == set(Format)
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in SUPPORTED_SUFFIXES)


def test_items_know_their_place(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,lang,speaker\nJambo,sw,Asha\nbad\nGuten Morgen liebe Sorgen,,Eva\n")
    first, problem, last = read_file(path)
    assert first == Item("Jambo", str(path), 0, "sw", locator="row 2", metadata={"speaker": "Asha"})
    assert isinstance(problem, ReadError)
    assert str(problem) == f"{path}: row 3: 1 cells under a header of 3"
    assert isinstance(last, Item)
    assert (last.position, last.language, last.locator) == (1, "de", "row 4")


def test_the_given_language_wins(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,lang\nJambo,sw\n")
    (item,) = read_file(path, ReadOptions(language="swa-ke"))
    assert isinstance(item, Item)
    assert item.language == "sw-KE"


@pytest.mark.parametrize("suffix", [".txt", ".csv", ".html", ".srt"])
@pytest.mark.parametrize(("name", "magic"), MAGIC.items())
def test_mislabelled_files(name: str, magic: bytes, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(magic + bytes(range(256)))
    with pytest.raises(ReadError, match=f"looks like {name}.*right suffix"):
        list(read_file(path))


@pytest.mark.parametrize("suffix", sorted(SUPPORTED_SUFFIXES))
def test_empty_files(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    path.touch()
    with pytest.raises(ReadError, match="empty file"):
        list(read_file(path))


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html", ".jsonl"])
def test_files_without_text(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_text(" \n\n \n")
    with pytest.raises(ReadError, match="holds no text"):
        list(read_file(path))


def test_missing_unknown_and_special_files(tmp_path: Path) -> None:
    for path, reason in [
        (tmp_path / "no.txt", "cannot be read"),
        (tmp_path / "a.exe", "suffix '.exe'"),
        (tmp_path, "suffix ''"),
    ]:
        with pytest.raises(ReadError, match=reason):
            list(read_file(path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("suffix", [".txt", ".wav"])
def test_a_pipe_does_not_hang(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"pipe{suffix}"
    os.mkfifo(path)
    with pytest.raises(ReadError, match="not a regular file"):
        list(read_file(path))


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO("Habari ya asubuhi.\nЖил-был царь.\n".encode())

    monkeypatch.setattr(sys, "stdin", Stdin())
    items = list(read_file("-"))
    assert [(i.content, i.path, i.locator) for i in items if isinstance(i, Item)] == [
        ("Habari ya asubuhi.", "-", "line 1"),
        ("Жил-был царь.", "-", "line 2"),
    ]


def test_reading_is_lazy(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"A good line of text.\n" * 200_000 + b"\xff")
    found = read_file(path)
    assert isinstance(next(found), Item)
    with pytest.raises(ReadError, match="byte 4200000 does not decode"):
        list(found)


def test_all_formats_of_one_text(tmp_path: Path, make_pdf: Callable[[list[str]], bytes]) -> None:
    text = "The ferry to the island leaves every morning at nine."
    files = {
        "a.txt": text,
        "a.md": f"**{text}**",
        "a.html": f"<p>{text}</p>",
        "a.srt": f"1\n00:00:01,000 --> 00:00:04,000\n{text}\n",
        "a.vtt": f"WEBVTT\n\n00:01.000 --> 00:04.000\n{text}\n",
        "a.csv": f"text\n{text}\n",
        "a.tsv": f"n\ttext\n1\t{text}\n",
        "a.jsonl": f'{{"text": "{text}"}}\n',
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "a.pdf").write_bytes(make_pdf([text]))
    for path in tmp_path.iterdir():
        (item,) = read_file(path)
        assert isinstance(item, Item)
        assert (item.content, item.language) == (text, "en"), path.name
