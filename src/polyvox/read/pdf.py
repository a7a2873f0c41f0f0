"""PDF files, page by page."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from polyvox.errors import ReadError
from polyvox.read.document import fenced
from polyvox.read.options import ReadOptions
from polyvox.read.pack import pack
from polyvox.read.passage import Paragraph, Passage, tidy
from polyvox.read.plain import paragraphs

if TYPE_CHECKING:
    from pypdf import PdfReader

_HEAD_BYTES = 1024


def read_pdf(stream: BinaryIO, path: str, options: ReadOptions) -> Iterator[Passage | ReadError]:
    """Read the text layer of a PDF; a page that cannot be read comes as a `ReadError`.

    Raises:
        ReadError: it is no PDF, is encrypted, is damaged, or has no text layer.
    """
    reader = _opened(stream, path)
    with fenced(path, "PDF"):
        count = len(reader.pages)
    found = False
    for number in range(count):
        locator = f"page {number + 1}"
        try:
            with fenced(path, "page"):
                text = reader.pages[number].extract_text()
        except ReadError as error:
            found = True
            yield ReadError(path, f"{locator}: {error.reason}")
            continue
        blocks = (
            Paragraph(tidy(block.content), locator) for block in paragraphs(text.split("\n"), wrapped=True)
        )
        for passage in pack(blocks, options.max_passage_chars):
            found = True
            yield passage
    if not found:
        raise ReadError(
            path,
            f"has no text on its {count} pages, perhaps only scans; run OCR on it first (ocrmypdf)",
        )


def _opened(stream: BinaryIO, path: str) -> PdfReader:
    from pypdf import PasswordType, PdfReader
    from pypdf.errors import DependencyError

    # Every oddity of a file is logged as a warning; what matters comes as an error.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    if b"%PDF-" not in stream.read(_HEAD_BYTES):
        raise ReadError(path, "is not a PDF, whatever its name says")
    stream.seek(0)
    with fenced(path, "PDF"):
        reader = PdfReader(stream, strict=False)
        try:
            locked = reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED
        except DependencyError:
            locked = True
    if locked:
        raise ReadError(path, "is encrypted; save a copy without a password")
    return reader
