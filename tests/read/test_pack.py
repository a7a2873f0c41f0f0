from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from polyvox.read.pack import pack, split_passage
from polyvox.read.passage import Paragraph


def contents(paragraphs: list[Paragraph], limit: int) -> list[str]:
    return [passage.content for passage in pack(paragraphs, limit)]


def test_short_paragraphs_are_joined_up_to_half_the_limit() -> None:
    paragraphs = [Paragraph("a" * 30, f"line {number}") for number in range(4)]
    passages = list(pack(paragraphs, 100))
    assert [len(passage.content) for passage in passages] == [61, 61]
    assert [passage.locator for passage in passages] == ["line 0", "line 2"]


def test_a_paragraph_of_whole_sentences_stands_alone() -> None:
    texts = [
        "The bees gave much honey this year.",
        "今年蜜蜂产了很多蜂蜜。",
        "Yes.",
        "No.",
        "He said: “I am quite sure of it.”",
    ]
    assert contents([Paragraph(text) for text in texts], 200) == [*texts[:2], "Yes.\nNo.\n" + texts[4]]


def test_a_heading_opens_a_passage_and_stays_with_its_text() -> None:
    paragraphs = [
        Paragraph("Intro."),
        Paragraph("Part", heading=True),
        Paragraph("Chapter", heading=True),
        Paragraph("Text."),
    ]
    assert contents(paragraphs, 200) == ["Intro.", "Part\nChapter\nText."]


def test_a_heading_stays_with_a_long_paragraph() -> None:
    long = "A sentence of words. " * 10
    passages = contents([Paragraph("Head", heading=True), Paragraph(long)], 100)
    assert passages[0].startswith("Head\nA sentence")
    assert all(len(passage) <= 100 for passage in passages)


def test_languages_are_never_joined() -> None:
    assert contents([Paragraph("Hello.", language="en"), Paragraph("Hallo.", language="de")], 200) == [
        "Hello.",
        "Hallo.",
    ]


@given(st.lists(st.text(min_size=1, max_size=120).filter(lambda text: bool(text.strip()))))
def test_all_letters_arrive_in_order(texts: list[str]) -> None:
    packed = contents([Paragraph(text) for text in texts], 60)
    assert "".join("".join(packed).split()) == "".join("".join(texts).split())
    assert all(0 < len(passage) <= 60 for passage in packed)


def test_split_passage_keeps_whole_sentences() -> None:
    text = "The first one. The second one. The third one. The fourth one."
    assert split_passage(text, 32) == [
        "The first one. The second one.",
        "The third one. The fourth one.",
    ]
