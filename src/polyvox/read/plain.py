"""Plain text: decoded as a stream, cut into lines and paragraphs."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from typing import BinaryIO

from polyvox.errors import ReadError
from polyvox.read.options import ReadOptions
from polyvox.read.pack import pack, split_passage
from polyvox.read.passage import Paragraph, Passage

BLOCK_BYTES = 1 << 20
_LONGEST_LINE = 1 << 16
_SAMPLE_LINES = 500
_SAMPLE_CHARS = 1 << 18
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_plain(stream: BinaryIO, path: str, options: ReadOptions) -> Iterator[Passage]:
    """Read a text file: one passage a line where the file looks so, else by paragraphs.

    Raises:
        ReadError: the bytes are not text in this encoding.
    """
    lines = split_lines(decoded(stream, path, options.encoding))
    sample = _beginning(lines)
    everything = chain(sample, lines)
    if is_one_per_line(sample):
        return _passages_by_line(everything, options.max_passage_chars)
    return pack(paragraphs(everything, wrapped=is_wrapped(sample)), options.max_passage_chars)


def _beginning(lines: Iterator[str]) -> list[str]:
    sample: list[str] = []
    size = 0
    while len(sample) < _SAMPLE_LINES and size < _SAMPLE_CHARS and (line := next(lines, None)) is not None:
        sample.append(line)
        size += len(line)
    return sample


def decoded(stream: BinaryIO, path: str, encoding: str) -> Iterator[str]:
    """Decode a stream in blocks, every line end made a newline; a byte order mark wins over `encoding`.

    Raises:
        ReadError: a byte does not decode (its offset is named), or a NUL shows that this is no text.
    """
    block = stream.read(BLOCK_BYTES)
    encoding = next((name for mark, name in _MARKS if block.startswith(mark)), encoding)
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(), translate=True)
    offset = 0
    while True:
        offset += len(block)
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            raise ReadError(path, _not_decodable(error, offset, encoding)) from error
        except UnicodeError as error:
            raise ReadError(path, f"is not {encoding}: {error}; name its encoding: --encoding") from error
        if "\0" in text:
            raise ReadError(
                path,
                f"holds a NUL character near byte {max(0, offset - len(block))}, so it is not text; if it is "
                "UTF-16 without a byte order mark, give --encoding utf-16-le or utf-16-be",
            )
        yield text
        if not block:
            return
        block = stream.read(BLOCK_BYTES)


def _not_decodable(error: UnicodeDecodeError, offset: int, encoding: str) -> str:
    at = offset - len(error.object) + error.start
    name = encoding.removesuffix("-sig").upper()
    other = "latin-1, --encoding windows-1251 or the like" if name == "UTF-8" else "utf-8"
    return f"is not {name}: byte {at} does not decode ({error.reason}); name its encoding: --encoding {other}"


def split_lines(blocks: Iterable[str], longest: int = _LONGEST_LINE) -> Iterator[str]:
    r"""Split decoded blocks into lines; a line longer than `longest` comes in several pieces.

    >>> list(split_lines(["one\ntw", "o\nthree"]))
    ['one', 'two', 'three']
    """
    tail = ""
    for block in blocks:
        parts = (tail + block).split("\n")
        tail = parts.pop()
        yield from parts
        for begin in range(0, len(tail) - longest, longest):
            yield tail[begin : begin + longest]
        tail = tail[len(tail) - (len(tail) % longest or longest) :] if len(tail) > longest else tail
    if tail:
        yield tail


def is_one_per_line(sample: list[str]) -> bool:
    """Whether every line stands alone: hardly any blank lines, and not wrapped at a margin.

    >>> is_one_per_line(["The first sentence.", "A second one.", "And a third."])
    True
    >>> is_one_per_line(["A paragraph.", "", "Another.", "", "And so on."])
    False
    """
    if not sample:
        return True
    blank = sum(not line.strip() for line in sample)
    return blank * 10 < len(sample) and not is_wrapped(sample)


def is_wrapped(sample: list[str]) -> bool:
    """Whether lines were broken at a margin: the next line's first word would not have fitted.

    >>> is_wrapped(["It was the best of times, it was the worst",
    ...             "of times, it was the age of wisdom, it was",
    ...             "the age of foolishness, it was the epoch", "of belief."])
    True
    """
    lines = [line.rstrip() for line in sample]
    width = max(map(len, lines), default=0)
    if not 24 <= width <= 130:
        return False
    pairs = [(above, below) for above, below in pairwise(lines) if above and below]
    full = sum(len(above) + _first_word(below) > width for above, below in pairs)
    return len(pairs) >= 2 and full >= 0.8 * len(pairs)


def _first_word(line: str) -> int:
    """Room that the first word takes with the space before it; a script without spaces breaks anywhere."""
    words = line.split(maxsplit=1)
    return 1 + len(words[0]) if len(words) > 1 else 2


def paragraphs(lines: Iterable[str], *, wrapped: bool) -> Iterator[Paragraph]:
    """Gather lines up to a blank one; a paragraph without end is handed on in parts."""
    gathered: list[str] = []
    size = first = 0
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if text:
            first = first or number
            gathered.append(text)
            size += len(text)
        if first and (not text or size > _LONGEST_LINE):
            yield Paragraph(_join_lines(gathered, wrapped), f"line {first}")
            gathered, size, first = [], 0, 0
    if first:
        yield Paragraph(_join_lines(gathered, wrapped), f"line {first}")


def _join_lines(lines: list[str], wrapped: bool) -> str:
    if not wrapped:
        return "\n".join(lines)
    joined = lines[0]
    for line in lines[1:]:
        joined += line if _is_unspaced(joined[-1]) and _is_unspaced(line[0]) else " " + line
    return joined


def _is_unspaced(character: str) -> bool:
    """Whether the character's script writes no spaces between words (han, kana, Thai, Khmer …)."""
    code = ord(character)
    return (
        0x2E80 <= code <= 0x9FFF
        or 0xF900 <= code <= 0xFFEF
        or 0x20000 <= code <= 0x3FFFF
        or (0x0E00 <= code <= 0x0EFF or 0x1000 <= code <= 0x109F or 0x1780 <= code <= 0x17FF)
    )


def _passages_by_line(lines: Iterable[str], limit: int) -> Iterator[Passage]:
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text:
            continue
        locator = f"line {number}"
        if len(text) <= limit:
            yield Passage(text, locator)
        else:
            for stretch in split_passage(text, limit):
                yield Passage(stretch, locator)
