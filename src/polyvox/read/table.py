"""Tables of texts: csv, tsv and JSON lines; one row, one text, the other columns its metadata."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO

from polyvox.errors import ReadError
from polyvox.read.language import valid_language
from polyvox.read.options import ReadOptions
from polyvox.read.pack import split_passage
from polyvox.read.passage import Passage, tidy
from polyvox.read.plain import decoded

TEXT_COLUMNS = (
    "text",
    "sentence",
    "transcript",
    "transcription",
    "content",
    "body",
    "passage",
    "document",
    "utterance",
    "caption",
    "message",
)
"""Names under which the text is looked for, the first that is there wins."""

_LANGUAGE_COLUMNS = frozenset({"language", "lang", "language_code"})
_LONGEST_ROW = 8 << 20
_DELIMITERS = ",;\t|"
_MISSING = frozenset({"", "null", "None", "NaN", "nan"})


def read_csv(stream: BinaryIO, path: str, options: ReadOptions) -> Iterator[Passage | ReadError]:
    """Read a table with a header, its cells divided by comma, semicolon, tab or bar; quotes as in RFC 4180.

    Rows are counted as a spreadsheet does: the header is row 1. A row that is not good comes as a
    `ReadError`, and reading goes on.

    Raises:
        ReadError: it is not text, or no column holds the text (the error lists the columns).
    """
    yield from _read_cells(stream, path, options, None)


def read_tsv(stream: BinaryIO, path: str, options: ReadOptions) -> Iterator[Passage | ReadError]:
    """Read a table with a header and tabs between its cells; quotes divide nothing.

    Raises:
        ReadError: as for `read_csv`.
    """
    yield from _read_cells(stream, path, options, "\t")


def read_jsonl(stream: BinaryIO, path: str, options: ReadOptions) -> Iterator[Passage | ReadError]:
    """Read one JSON object a line; a line that is none comes as a `ReadError`, and reading goes on.

    Raises:
        ReadError: it is not text, or the first good row has no column for the text.
    """
    column = None
    for number, line in enumerate(whole_lines(decoded(stream, path, options.encoding), _LONGEST_ROW), 1):
        if line is not None and not line.strip():
            continue
        row = _json_row(line)
        if isinstance(row, str):
            yield ReadError(path, f"row {number}: {row}")
            continue
        column = column or _text_column(list(row), path, options)
        yield from _passages(row, column, number, path, options)


def whole_lines(blocks: Iterable[str], longest: int) -> Iterator[str | None]:
    r"""Split decoded blocks into lines; None stands for a line longer than `longest`, which is dropped.

    >>> list(whole_lines(["one\ntwo", "two two\nthree"], 5))
    ['one', None, 'three']
    """
    tail: str | None = ""
    for block in blocks:
        first, *others = block.split("\n")
        tail = tail + first if tail is not None and len(tail) + len(first) <= longest else None
        for line in others:
            yield tail
            tail = line if len(line) <= longest else None
    if tail != "":
        yield tail


def _read_cells(
    stream: BinaryIO, path: str, options: ReadOptions, delimiter: str | None
) -> Iterator[Passage | ReadError]:
    csv.field_size_limit(_LONGEST_ROW)
    lines = whole_lines(decoded(stream, path, options.encoding), _LONGEST_ROW)
    first = next((line for line in lines if line is None or line.strip()), None)
    if first is None:
        raise ReadError(path, "has no header row that names its columns")
    delimiter = delimiter or max(_DELIMITERS, key=first.count)
    header = _header(first, delimiter, path)
    column = _text_column(header, path, options)
    # An over-long line becomes one cell too many, so that it is reported in its place.
    rest = (
        "\n" if line == "" else delimiter * len(header) if line is None else line + "\n" for line in lines
    )
    for number, cells in enumerate(_rows(rest, delimiter), 2):
        if isinstance(cells, csv.Error):
            yield ReadError(path, f"row {number}: {cells}; is a quotation mark not closed?")
        elif len(cells) not in {0, len(header)}:
            yield ReadError(
                path,
                f"row {number}: {len(cells)} cells under a header of {len(header)}",
            )
        elif cells:
            row = dict(zip(header, cells, strict=True))
            yield from _passages(row, column, number, path, options)


def _header(line: str, delimiter: str, path: str) -> list[str]:
    cells = next(_rows([line], delimiter))
    if isinstance(cells, csv.Error):
        raise ReadError(path, f"its header row cannot be read: {cells}")
    return [name.strip() for name in cells]


def _rows(lines: Iterable[str], delimiter: str) -> Iterator[list[str] | csv.Error]:
    """Rows of cells; after a row that is broken the next ones still come."""
    tabs = delimiter == "\t"
    rows = csv.reader(
        lines,
        delimiter=delimiter,
        quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL,
    )
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield error
        else:
            yield [_unquoted(cell) for cell in cells] if tabs else cells


def _unquoted(cell: str) -> str:
    if len(cell) >= 2 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell


def _json_row(line: str | None) -> Mapping[str, object] | str:
    """The row, or what is wrong with it."""
    if line is None:
        return f"is longer than {_LONGEST_ROW >> 20} MiB"
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"is not JSON ({error})"
    if isinstance(row, str):
        return {TEXT_COLUMNS[0]: row}
    return row if isinstance(row, dict) else "is not a JSON object"


def _text_column(columns: list[str], path: str, options: ReadOptions) -> str:
    names = {name.lower(): name for name in reversed(columns)}
    wanted = [options.text_column] if options.text_column else TEXT_COLUMNS
    for name in wanted:
        if name in columns or name.lower() in names:
            return name if name in columns else names[name.lower()]
    listed = ", ".join(columns[:40])
    sought = repr(options.text_column) if options.text_column else "text, sentence, transcript or the like"
    raise ReadError(
        path,
        f"no column {sought} among: {listed}; name the one that holds the text: --text-column",
    )


def _passages(
    row: Mapping[str, object], column: str, number: int, path: str, options: ReadOptions
) -> Iterator[Passage | ReadError]:
    text = row.get(column)
    if not isinstance(text, str) or not text.strip():
        problem = "no text" if not text or isinstance(text, str) else "something other than a text"
        yield ReadError(path, f"row {number}: {problem} in the column {column!r}")
        return
    language = None
    metadata = {}
    for name, cell in row.items():
        if name == column or not isinstance(cell, str | int | float):
            continue
        value = tidy(cell) if isinstance(cell, str) else json.dumps(cell)
        tag = valid_language(value) if name.lower() in _LANGUAGE_COLUMNS else None
        if tag:
            language = tag
        elif value not in _MISSING:
            metadata[tidy(name)] = value
    for stretch in split_passage(tidy(text), options.max_passage_chars):
        yield Passage(stretch, f"row {number}", language, metadata=metadata)
