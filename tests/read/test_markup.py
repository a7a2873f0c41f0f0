from __future__ import annotations

from io import BytesIO

import pytest

from polyvox.errors import ReadError
from polyvox.read import ReadOptions
from polyvox.read.markup import read_html, read_markdown

PAGE = """<!DOCTYPE html><html lang="fr-CA"><head><title>T</title><style>p {color: red}</style></head><body>
<nav>Accueil</nav><h1>La météo</h1><p>Il fait <b>très</b> beau<script>alert("x")</script> ce
matin.</p><!-- note --><div lang="de"><p>Guten<br>Tag</p></div><p hidden>rien</p>fin
<table><tr><td>un</td><td>deux</td></tr></table></body></html>"""


def html(page: str | bytes, limit: int = 600) -> list[tuple[str, str | None]]:
    data = page if isinstance(page, bytes) else page.encode()
    options = ReadOptions(max_passage_chars=limit)
    return [(p.content, p.language) for p in read_html(BytesIO(data), "a.html", options)]


def markdown(text: str) -> list[tuple[str, str]]:
    return [(p.content, p.locator) for p in read_markdown(BytesIO(text.encode()), "a.md", ReadOptions())]


def test_html_blocks_languages_and_what_is_dropped() -> None:
    assert html(PAGE) == [
        ("La météo\nIl fait très beau ce matin.", "fr-CA"),
        ("Guten\nTag", "de"),
        ("fin\nun\ndeux", "fr-CA"),
    ]


def test_html_headings_open_passages() -> None:
    assert [text for text, _ in html("<p>Before.</p><h2>New <i>part</i></h2><p>Text.</p><p>More.</p>")] == [
        "Before.",
        "New part\nText.\nMore.",
    ]


def test_html_declares_its_encoding() -> None:
    page = '<meta charset="windows-1251"><p>Добрый день</p>'.encode("windows-1251")
    assert html(page) == [("Добрый день", None)]
    assert html('<meta charset="no-such"><p>é</p>') == [("é", None)]
    with pytest.raises(ReadError, match="byte 3 does not decode"):
        html(b"<p>\xe9</p>")


@pytest.mark.parametrize("page", ["", "   ", "<!-- only -->", "<html></html>", "<script>x</script>"])
def test_html_without_text(page: str) -> None:
    assert html(page) == []


def test_html_without_end() -> None:
    assert html("<div><p>open <b>and never") == [("open and never", None)]
    assert html("<div>" * 1_000 + "bottom") == [("bottom", None)]
    with pytest.raises(ReadError, match="nested more than"):
        html("<div>" * 20_000 + "bottom")


@pytest.mark.parametrize("name", ["hex", "zip", "undefined", "klingon", "utf-16", "utf-32-le"])
def test_an_encoding_that_cannot_be_true_is_not_believed(name: str) -> None:
    page = f'<html><head><meta charset="{name}"></head><body><p>Déjà vu</p></body></html>'
    if name == "undefined":
        with pytest.raises(ReadError, match="is not undefined"):
            html(page)
    else:
        assert html(page) == [("Déjà vu", None)]


def test_html_language_that_is_none_is_ignored() -> None:
    assert html('<p lang="x-none">Hi</p>') == [("Hi", None)]


def test_markdown_text_without_markup() -> None:
    text = (
        "---\ntitle: hidden\n---\n# The *title*\n\nSome `code` and [a\nlink](http://x.org).\n\n"
        "- one\n- two\n\n## Next\n\n```\nprint(1)\n```\n\n<div>raw <b>html</b></div>\n\n![a picture](p.png)\n"
    )
    assert markdown(text) == [
        ("The title\nSome code and a link.\none\ntwo", "line 4"),
        ("Next\nprint(1)\nraw html\na picture", "line 12"),
    ]


def test_markdown_table() -> None:
    assert markdown("| a | b |\n|---|---|\n| 1 | 2 |\n") == [("a\nb\n1\n2", "line 1")]
