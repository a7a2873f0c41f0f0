"""Paragraphs to passages of a readable length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from polyvox.read.passage import Paragraph, Passage
from polyvox.read.sentences import is_whole, split_long, split_sentences


def pack(paragraphs: Iterable[Paragraph], limit: int) -> Iterator[Passage]:
    r"""Join short paragraphs and split long ones, to passages of about limit / 2 to limit characters.

    A heading opens a new passage and stays with the text below it. A passage has the locator of its first
    paragraph; paragraphs whose language tags differ are never joined.

    >>> list(pack([Paragraph("Title", heading=True), Paragraph("Short."), Paragraph("Next.")], 40))
    [Passage(content='Title\nShort.\nNext.', locator='', language=None, start=None, end=None, metadata={})]
    """
    gathered: list[Paragraph] = []
    size = 0
    for paragraph in paragraphs:
        if gathered and _must_break(gathered, size, paragraph, limit):
            yield _joined(gathered)
            gathered, size = [], 0
        if size + len(paragraph.content) > limit:
            yield from _split(gathered, paragraph, limit)
            gathered, size = [], 0
            continue
        gathered.append(paragraph)
        size += len(paragraph.content) + 1
    if gathered:
        yield _joined(gathered)


def _must_break(gathered: list[Paragraph], size: int, following: Paragraph, limit: int) -> bool:
    if following.language != gathered[0].language:
        return True
    if all(paragraph.heading for paragraph in gathered):
        return False
    if is_whole(gathered[-1].content):
        return True
    return following.heading or size >= limit // 2 or size + len(following.content) > limit


def _joined(paragraphs: list[Paragraph]) -> Passage:
    first = paragraphs[0]
    return Passage("\n".join(p.content for p in paragraphs), first.locator, first.language)


def _split(headings: list[Paragraph], paragraph: Paragraph, limit: int) -> Iterator[Passage]:
    """A paragraph that is too long, below its headings."""
    locator = headings[0].locator if headings else paragraph.locator
    text = "\n".join([*(h.content for h in headings), paragraph.content])
    for stretch in split_passage(text, limit):
        yield Passage(stretch, locator, paragraph.language)
        locator = paragraph.locator


def split_passage(text: str, limit: int) -> list[str]:
    """Split a text into stretches of whole sentences, each as close to equal length as sentences allow.

    >>> split_passage("One is here. Two is here. Three is here.", 30)
    ['One is here. Two is here.', 'Three is here.']
    """
    if len(text) <= limit:
        return [text]
    pieces: list[str] = []
    for sentence in split_sentences(text):
        pieces.extend(split_long(sentence, limit) if len(sentence) > limit else [sentence])
    stretches, stretch = [], ""
    for piece in pieces:
        if stretch and len(stretch) + len(piece.rstrip()) > limit:
            stretches.append(stretch)
            stretch = ""
        stretch += piece
    stretches.append(stretch)
    return [stripped for stretch in stretches if (stripped := stretch.strip())]
