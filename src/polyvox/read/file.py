"""A file to items: the table of readers, and what is checked before one of them runs."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from polyvox.errors import ReadError
from polyvox.item import Item
from polyvox.read.docx import read_docx
from polyvox.read.formats import FORMAT_OF, Format, suffix_of
from polyvox.read.language import detect_languages
from polyvox.read.markup import read_html, read_markdown
from polyvox.read.options import ReadOptions
from polyvox.read.passage import Passage
from polyvox.read.pdf import read_pdf
from polyvox.read.plain import read_plain
from polyvox.read.recording import read_recording
from polyvox.read.subtitles import read_subtitles
from polyvox.read.table import read_csv, read_jsonl, read_tsv
from polyvox.read.walk import STDIN

TextReader = Callable[[BinaryIO, str, ReadOptions], Iterator[Passage | ReadError]]

TEXT_READERS: dict[Format, TextReader] = {
    Format.PLAIN: read_plain,
    Format.MARKDOWN: read_markdown,
    Format.HTML: read_html,
    Format.PDF: read_pdf,
    Format.DOCX: read_docx,
    Format.SUBTITLES: read_subtitles,
    Format.CSV: read_csv,
    Format.TSV: read_tsv,
    Format.JSONL: read_jsonl,
}

_BINARY = frozenset({Format.PDF, Format.DOCX})
_NEIGHBOURS = 64
_HEAD_BYTES = 16
_MAGIC = (
    (0, b"RIFF", "a wav or avi recording"),
    (0, b"OggS", "an ogg recording"),
    (0, b"fLaC", "a flac recording"),
    (0, b"ID3", "an mp3 recording"),
    (0, b"\xff\xfb", "an mp3 recording"),
    (4, b"ftyp", "an mp4 or m4a recording"),
    (0, b"\x1aE\xdf\xa3", "a webm or mkv recording"),
    (0, b"%PDF-", "a PDF"),
    (0, b"PK\x03\x04", "a zip archive, perhaps a Word document"),
    (0, b"\xd0\xcf\x11\xe0", "an old or encrypted Office document"),
    (0, b"\x1f\x8b", "gzip-compressed data"),
    (0, b"\x89PNG", "an image"),
    (0, b"\xff\xd8\xff", "an image"),
    (0, b"\x7fELF", "a program"),
)
"""Where a file that is no text shows what it is: offset, bytes, name."""


def read_file(
    path: str | Path, options: ReadOptions | None = None, watch: Callable[[int], None] | None = None
) -> Iterator[Item | ReadError]:
    """Read the items of one file, lazily; "-" reads plain text from standard input.

    `watch` hears before each item how many bytes of the file have been read for it.

    What is wrong with a part of the file (a row, a page, the end of a recording) comes as a `ReadError`
    among the items, and reading goes on. What is wrong with the file as a whole is raised.

    Raises:
        ReadError: the file cannot be read, or not any further; the items before it are good.
    """
    path, options = Path(path), options or ReadOptions()
    try:
        if path == STDIN:
            yield from _text_items(read_plain(sys.stdin.buffer, "-", options), "-", options)
        else:
            yield from _read(path, options, watch or _nobody)
    except OSError as error:
        raise ReadError(str(path), f"cannot be read: {error.strerror or error}") from error


def _nobody(_: int) -> None:
    """Hears how far a file is read when nobody asked."""


def _read(path: Path, options: ReadOptions, watch: Callable[[int], None]) -> Iterator[Item | ReadError]:
    kind = FORMAT_OF.get(suffix_of(path))
    if kind is None:
        raise ReadError(str(path), f"the suffix {path.suffix!r} is not one that polyvox reads")
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ReadError(str(path), 'is not a regular file; to read from a pipe, give "-"')
    if status.st_size == 0:
        raise ReadError(str(path), "empty file")
    with path.open("rb") as stream:
        for item in _items(stream, path, kind, options):
            watch(stream.tell())
            yield item


def _items(stream: BinaryIO, path: Path, kind: Format, options: ReadOptions) -> Iterator[Item | ReadError]:
    if kind is Format.SOUND:
        return read_recording(stream, str(path), options)
    if kind not in _BINARY:
        _refuse_mislabelled(stream, path, kind)
    return _text_items(TEXT_READERS[kind](stream, str(path), options), str(path), options)


def _refuse_mislabelled(stream: BinaryIO, path: Path, kind: Format) -> None:
    head = stream.read(_HEAD_BYTES)
    stream.seek(0)
    for offset, magic, name in _MAGIC:
        if head.startswith(magic, offset):
            raise ReadError(
                str(path),
                f"looks like {name}, not like {kind}; give it its right suffix",
            )


def _text_items(
    passages: Iterable[Passage | ReadError], path: str, options: ReadOptions
) -> Iterator[Item | ReadError]:
    position = 0
    errors = 0
    found = iter(passages)
    while block := list(islice(found, _NEIGHBOURS)):
        good = [entry for entry in block if isinstance(entry, Passage)]
        languages = iter(_languages(good, options))
        for entry in block:
            if isinstance(entry, ReadError):
                errors += 1
                yield entry
                continue
            content, locator, _, start, end, metadata = entry
            yield Item(content, path, position, next(languages), start, end, locator, metadata)
            position += 1
    if position == errors == 0:
        raise ReadError(path, "holds no text")


def _languages(passages: list[Passage], options: ReadOptions) -> list[str]:
    if options.language is not None:
        return [options.language] * len(passages)
    detected = iter(detect_languages([p.content for p in passages if p.language is None]))
    return [p.language or next(detected) for p in passages]
