"""JSON lines and tables, plain or compressed, with the line named where one is wrong."""

from __future__ import annotations

import bz2
import csv
import gzip
import json
import lzma
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from polyvox.evaluate.problem import TaskError

_OPENERS: Mapping[str, Callable[[Path], IO[bytes]]] = {
    ".xz": lzma.open,
    ".gz": gzip.open,  # type: ignore[dict-item]
    ".bz2": bz2.open,
}


def text_lines(path: Path) -> Iterator[str]:
    """The lines of a UTF-8 file, without their ends.

    Raises:
        TaskError: it cannot be read or is not UTF-8.
    """
    opener = _OPENERS.get(path.suffix, Path.open)
    read = 0
    try:
        with opener(path, "rb") as file:  # type: ignore[call-arg]
            for read, line in enumerate(file, 1):  # noqa: B007 - told in the error
                yield line.decode("utf-8").rstrip("\r\n")
    except (OSError, EOFError, UnicodeDecodeError, lzma.LZMAError) as error:
        raise TaskError(f"{path}: cannot be read after line {read} ({error})") from error


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON-lines file.

    Raises:
        TaskError: a line is not a JSON object; the message has its number.
    """
    for number, line in enumerate(text_lines(path), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise TaskError(f"{path}, line {number}: is not JSON ({error})") from error
        if not isinstance(row, dict):
            raise TaskError(f"{path}, line {number}: is not a JSON object")
        yield row


def json_document(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    """The one JSON value of a file.

    Raises:
        TaskError: it is not JSON.
    """
    try:
        return json.loads("\n".join(text_lines(path)))
    except ValueError as error:
        raise TaskError(f"{path}: is not JSON ({error})") from error


def table(path: Path, *, needs: tuple[str, ...] = (), quoted: bool = False) -> Iterator[dict[str, str]]:
    """The rows of a tab-separated file with a header.

    Args:
        path: the file.
        needs: columns that must be there.
        quoted: whether fields may stand in double quotes.

    Raises:
        TaskError: a column is missing, or a row has too few; the message has its number.
    """
    quoting = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    rows = csv.reader(text_lines(path), delimiter="\t", quoting=quoting)  # type: ignore[arg-type]
    header = next(rows, [])
    if missing := [name for name in needs if name not in header]:
        raise TaskError(f"{path}: has no column {', '.join(missing)}; there are: {', '.join(header)}")
    for number, row in enumerate(rows, 2):
        if len(row) < len(header):
            raise TaskError(f"{path}, line {number}: has {len(row)} of {len(header)} columns")
        yield dict(zip(header, row, strict=False))


def field(path: Path, number: int, row: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401
    """A value of a row.

    Raises:
        TaskError: the row has none.
    """
    if name not in row:
        raise TaskError(f"{path}, row {number}: has no {name!r}; there are: {', '.join(row)}")
    return row[name]
