"""HTML and Markdown: the text without the markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from polyvox.errors import ReadError
from polyvox.read.document import fenced, whole_text
from polyvox.read.language import valid_language
from polyvox.read.options import ReadOptions, text_encoding
from polyvox.read.pack import pack
from polyvox.read.passage import Paragraph, Passage, tidy

if TYPE_CHECKING:
    from lxml.etree import _Element
    from markdown_it.token import Token

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_DROPPED_INLINE = "script|style|noscript|template|svg|math|iframe|object|select|button|textarea|canvas"
_INLINE = re.compile(
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|img|ins|kbd|label|mark|q|rp|rt|ruby|s|samp"
    f"|small|span|strike|strong|sub|sup|time|tt|u|var|wbr|{_DROPPED_INLINE}"
)
_DROPPED = re.compile(f"nav|head|{_DROPPED_INLINE}")
_XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
_CHARSET_BYTES = 4096
_FRONT_MATTER = re.compile(r"\A---\n.*?\n(?:---|\.\.\.)\n", re.DOTALL)


def read_html(stream: BinaryIO, path: str, options: ReadOptions) -> Iterator[Passage]:
    """Read a web page: text by block, without scripts, styles and navigation; `lang` gives the language.

    Raises:
        ReadError: it is not text, or too large.
    """
    from lxml import etree

    encoding = _declared_encoding(stream) or options.encoding
    text = whole_text(stream, path, encoding)
    with fenced(path, "web page"):
        parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
        root = etree.fromstring(text.encode("utf-8", "replace"), parser) if text.strip() else None
        if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
            raise ReadError(
                path,
                "its elements are nested more than 2,000 deep; save its text as .txt",
            )
    if root is not None:
        yield from pack(_blocks(root), options.max_passage_chars)


def _declared_encoding(stream: BinaryIO) -> str | None:
    """The encoding that a page's own header names, where Python knows it.

    A header that could be read as ASCII is not UTF-16, whatever it says (HTML standard).
    """
    head = stream.read(_CHARSET_BYTES)
    stream.seek(0)
    match = _CHARSET.search(head)
    name = text_encoding(match[1].decode()) if match else None
    return "utf-8" if name and name.startswith(("utf-16", "utf-32")) else name


def _blocks(root: _Element) -> Iterator[Paragraph]:
    from lxml import etree

    walk = etree.iterwalk(root, events=("start", "end"))
    languages: list[str | None] = [None]
    gathered: list[str] = []
    heading = False
    for event, element in walk:
        tag = element.tag if isinstance(element.tag, str) else ""
        block = not _INLINE.fullmatch(tag)
        if block:
            yield from _paragraph(gathered, languages[-1], heading)
        if event == "start":
            languages.append(_language_of(element) or languages[-1])
            heading = tag in _HEADINGS or (heading and not block)
            if _DROPPED.fullmatch(tag) or element.get("hidden") is not None:
                walk.skip_subtree()
            else:
                gathered.append(element.text or "")
        else:
            languages.pop()
            heading = heading and not block
            gathered.append(element.tail or "")
    yield from _paragraph(gathered, None, heading)


def _paragraph(gathered: list[str], language: str | None, heading: bool) -> Iterator[Paragraph]:
    text = tidy("".join(gathered))
    gathered.clear()
    if text:
        yield Paragraph(text, language=language, heading=heading)


def _language_of(element: _Element) -> str | None:
    tag = element.get("lang") or element.get(_XML_LANGUAGE)
    return valid_language(tag) if tag else None


def read_markdown(stream: BinaryIO, path: str, options: ReadOptions) -> Iterator[Passage]:
    """Read a Markdown file: headings and paragraphs as text; a YAML header is left out.

    Raises:
        ReadError: it is not text, or too large.
    """
    from markdown_it import MarkdownIt

    text = whole_text(stream, path, options.encoding)
    header = _FRONT_MATTER.match(text)
    skipped = header[0].count("\n") if header else 0
    with fenced(path, "Markdown file"):
        tokens = MarkdownIt("commonmark").enable("table").parse(text[header.end() :] if header else text)
    yield from pack(_markdown_blocks(tokens, skipped), options.max_passage_chars)


def _markdown_blocks(tokens: list[Token], skipped: int) -> Iterator[Paragraph]:
    heading = False
    line = 0
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            heading = token.type == "heading_open"
        line = token.map[0] if token.map else line
        if token.type in _MARKDOWN_TEXT and (text := tidy(_MARKDOWN_TEXT[token.type](token))):
            yield Paragraph(text, f"line {skipped + line + 1}", heading=heading)


def _inline_text(token: Token) -> str:
    return "".join(
        " " if child.type in {"softbreak", "hardbreak"} else child.content
        for child in token.children or ()
        if child.type != "html_inline"
    )


def _markup_text(token: Token) -> str:
    from lxml import etree

    try:
        root = etree.fromstring(token.content.encode("utf-8", "replace"), etree.HTMLParser(encoding="utf-8"))
    except etree.ParseError:
        return ""
    return "" if root is None else "\n".join(block.content for block in _blocks(root))


_MARKDOWN_TEXT = {
    "inline": _inline_text,
    "fence": lambda token: token.content,
    "code_block": lambda token: token.content,
    "html_block": _markup_text,
}
