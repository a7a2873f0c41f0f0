"""Word documents."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from polyvox.errors import ReadError
from polyvox.read.document import fenced
from polyvox.read.options import ReadOptions
from polyvox.read.pack import pack
from polyvox.read.passage import Paragraph, Passage, tidy

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table

_MAX_UNPACKED_BYTES = 256 << 20
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_docx(stream: BinaryIO, path: str, options: ReadOptions) -> Iterator[Passage]:
    """Read the paragraphs and tables of a Word document in their order.

    Raises:
        ReadError: it is encrypted or an old .doc, is no Word document, or unpacks to more than 256 MiB.
    """
    if stream.read(len(_OLE)) == _OLE:
        raise ReadError(path, "is encrypted or an old .doc; save it as .docx without a password")
    stream.seek(0)
    with fenced(path, "Word document"):
        import docx

        with zipfile.ZipFile(stream) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > _MAX_UNPACKED_BYTES:
            raise ReadError(
                path,
                f"unpacks to {unpacked >> 20} MiB, more than is sane for a Word document",
            )
        stream.seek(0)
        blocks = list(_blocks(docx.Document(stream)))
    yield from pack(blocks, options.max_passage_chars)


def _blocks(document: Document) -> Iterator[Paragraph]:
    from docx.table import Table

    for number, block in enumerate(document.iter_inner_content(), 1):
        locator = f"paragraph {number}"
        if isinstance(block, Table):
            for row in _rows(block):
                yield Paragraph(row, locator)
        elif text := tidy(block.text):
            name = (block.style.name if block.style is not None else None) or ""
            yield Paragraph(text, locator, heading=name.startswith(("Heading", "Title")))


def _rows(table: Table) -> Iterator[str]:
    for row in table.rows:
        # A cell merged over several columns comes once for each of them.
        cells = dict.fromkeys(tidy(cell.text) for cell in row.cells)
        if text := " | ".join(cell for cell in cells if cell):
            yield text
