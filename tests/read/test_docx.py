from __future__ import annotations

import zipfile
from io import BytesIO

import docx
import pytest

from polyvox.errors import ReadError
from polyvox.read import ReadOptions
from polyvox.read.docx import read_docx
from polyvox.read.passage import Passage


def read(data: bytes) -> list[Passage]:
    return list(read_docx(BytesIO(data), "a.docx", ReadOptions()))


def test_paragraphs_tables_and_headings_in_their_order() -> None:
    document = docx.Document()
    document.add_paragraph("Before.")
    document.add_heading("Part", 1)
    document.add_paragraph("  Some text. ")
    table = document.add_table(2, 3)
    table.cell(0, 0).text, table.cell(0, 2).text = "A", "C"
    table.cell(1, 0).merge(table.cell(1, 1)).text = "wide"
    document.add_paragraph("After.")
    buffer = BytesIO()
    document.save(buffer)
    assert read(buffer.getvalue()) == [
        Passage("Before.", "paragraph 1"),
        Passage("Part\nSome text.\nA | C\nwide\nAfter.", "paragraph 2"),
    ]


def test_encrypted() -> None:
    with pytest.raises(ReadError, match=r"encrypted or an old \.doc"):
        read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))


def test_other_zip_files() -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "hello")
    with pytest.raises(ReadError, match="is not a Word document"):
        read(buffer.getvalue())


def test_a_bomb_is_not_unpacked() -> None:
    buffer = BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("word/document.xml", "w") as bomb,
    ):
        for _ in range(300):
            bomb.write(bytes(1 << 20))
    with pytest.raises(ReadError, match="unpacks to 300 MiB"):
        read(buffer.getvalue())
