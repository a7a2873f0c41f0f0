from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from pypdf import PdfReader, PdfWriter

from polyvox.errors import ReadError
from polyvox.read import ReadOptions
from polyvox.read.passage import Passage
from polyvox.read.pdf import read_pdf

MakePdf = Callable[[list[str]], bytes]


def read(data: bytes) -> list[Passage | ReadError]:
    return list(read_pdf(BytesIO(data), "a.pdf", ReadOptions()))


def encrypted(data: bytes, password: str) -> bytes:
    writer = PdfWriter(PdfReader(BytesIO(data)))
    writer.encrypt(password, owner_password="owner", algorithm="RC4-128")  # noqa: S106 - a test's own
    buffer = BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def test_pages(make_pdf: MakePdf) -> None:
    assert read(make_pdf(["Hello there.", "", "Third page."])) == [
        Passage("Hello there.", "page 1"),
        Passage("Third page.", "page 3"),
    ]


def test_no_text_layer(make_pdf: MakePdf) -> None:
    with pytest.raises(ReadError, match=r"no text on its 2 pages.*OCR"):
        read(make_pdf(["", ""]))


def test_encrypted(make_pdf: MakePdf) -> None:
    with pytest.raises(ReadError, match="is encrypted"):
        read(encrypted(make_pdf(["Secret."]), "password"))


def test_a_pdf_that_anyone_may_open_is_read(make_pdf: MakePdf) -> None:
    assert read(encrypted(make_pdf(["Open."]), "")) == [Passage("Open.", "page 1")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"hello", "is not a PDF"), (b"%PDF-1.4\n%%EOF", "is not a PDF that can be read")],
)
def test_no_pdf(data: bytes, reason: str) -> None:
    with pytest.raises(ReadError, match=reason):
        read(data)
