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
from polyvox.read.formats import FORMAT_OF, Format, suffix_of
from polyvox.read.language import detect_languages
from polyvox.read.options import ReadOptions
from polyvox.read.passage import Passage
from polyvox.read.plain import read_plain
from polyvox.read.recording import read_recording
from polyvox.read.walk import STDIN

TextReader = Callable[[BinaryIO, str, ReadOptions], Iterator[Passage | ReadError]]

TEXT_READERS: dict[Format, TextReader] = {
    Format.PLAIN: read_plain,
}

_NEIGHBOURS = 64
_HEAD_BYTES = 64


def read_file(path: str | Path, options: ReadOptions | None = None) -> Iterator[Item | ReadError]:
    """Read the items of one file, lazily; "-" reads plain text from standard input.

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
            yield from _read(path, options)
    except OSError as error:
        raise ReadError(str(path), f"cannot be read: {error.strerror or error}") from error


def _read(path: Path, options: ReadOptions) -> Iterator[Item | ReadError]:
    kind = FORMAT_OF.get(suffix_of(path))
    if kind is None:
        raise ReadError(str(path), f"the suffix {path.suffix!r} is not one that polyvox reads")
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ReadError(str(path), 'is not a regular file; to read from a pipe, give "-"')
    if status.st_size == 0:
        raise ReadError(str(path), "empty file")
    if kind is Format.SOUND:
        yield from read_recording(path, options)
        return
    with path.open("rb") as stream:
        yield from _text_items(TEXT_READERS[kind](stream, str(path), options), str(path), options)


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
