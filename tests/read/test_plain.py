from __future__ import annotations

import tracemalloc
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyvox.errors import ReadError
from polyvox.read import ReadOptions
from polyvox.read.plain import BLOCK_BYTES, decoded, is_wrapped, read_plain, split_lines

WRAPPED = """\
It was the best of times, it was the worst of times, it was
the age of wisdom, it was the age of foolishness, it was the
epoch of belief, it was the epoch of incredulity.

There were a king with a large jaw and a queen with a plain
face, on the throne of England; there were a king with a
large jaw and a queen with a fair face, on the throne of
France.
"""


def passages(data: bytes, encoding: str = "utf-8", limit: int = 600) -> list[tuple[str, str]]:
    options = ReadOptions(encoding=encoding, max_passage_chars=limit)
    return [(p.content, p.locator) for p in read_plain(BytesIO(data), "a.txt", options)]


def test_one_sentence_a_line() -> None:
    found = passages(b"Habari?\r\nNzuri sana.\r  Asante!  \n")
    assert found == [
        ("Habari?", "line 1"),
        ("Nzuri sana.", "line 2"),
        ("Asante!", "line 3"),
    ]


def test_wrapped_prose_is_unwrapped() -> None:
    (first, second) = passages(WRAPPED.encode(), limit=240)
    assert first[0].startswith(
        "It was the best of times, it was the worst of times, it was the age of wisdom"
    )
    assert first[0].endswith("incredulity.")
    assert second[1] == "line 5"
    assert "\n" not in second[0]


def test_wrapped_chinese_is_joined_without_spaces() -> None:
    lines = [
        "这是一个很长很长的段落它在每一行的末尾都被折断了所以",
        "我们需要把它们重新连接起来不加空格这样读者才能读懂它",
        "的意思并且找到它。",
    ]
    assert is_wrapped(lines)
    assert passages("\n".join(lines).encode())[0][0] == "".join(lines)


def test_a_list_of_words_is_one_word_a_line() -> None:
    words = ["apple", "banana", "a", "watermelon", "fig", "strawberries"] * 20
    assert len(passages("\n".join(words).encode())) == 120


def test_long_lines_are_split_by_sentences() -> None:
    found = passages(("This sentence is here again. " * 100).encode(), limit=300)
    assert all(text.endswith("again.") and len(text) <= 300 for text, _ in found)
    assert sum(len(text) + 1 for text, _ in found) == 2900


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks(encoding: str) -> None:
    assert passages("žluťoučký 馬".encode(encoding)) == [("žluťoučký 馬", "line 1")]


def test_named_encoding() -> None:
    assert passages("café".encode("latin-1"), encoding="latin-1") == [("café", "line 1")]
    assert passages("日本語".encode("shift_jis"), encoding="shift_jis") == [("日本語", "line 1")]


@pytest.mark.parametrize("offset", [0, 3, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 5])
def test_undecodable_byte_is_named_by_its_offset(offset: int) -> None:
    with pytest.raises(ReadError, match=rf"is not UTF-8: byte {offset} .*--encoding latin-1"):
        passages(b"a" * offset + b"\xff" + b"b" * 10)


def test_a_character_torn_at_the_end_is_named() -> None:
    with pytest.raises(ReadError, match="byte 2 does not decode"):
        passages("abé".encode()[:-1])


def test_utf16_without_mark_is_explained() -> None:
    with pytest.raises(ReadError, match=r"NUL character near byte 0.*utf-16-le"):
        passages("hello".encode("utf-16-le"))


def test_characters_over_block_boundaries() -> None:
    text = "a" + "é€𝄞\r\n" * 200_000
    assert "".join(decoded(BytesIO(text.encode()), "a.txt", "utf-8")) == text.replace("\r\n", "\n")


@given(
    st.lists(st.text(alphabet="ab\n", max_size=12)),
    st.integers(min_value=1, max_value=5),
)
def test_lines_lose_nothing(blocks: list[str], longest: int) -> None:
    lines = list(split_lines(blocks, longest))
    assert "".join(lines) == "".join(blocks).replace("\n", "")
    assert list(split_lines(blocks, 1000)) == "".join(blocks).removesuffix("\n").split("\n") or not "".join(
        blocks
    )


def test_an_endless_line_is_never_held_whole() -> None:
    class Endless(BytesIO):
        left = 5

        def read(self, size: int | None = -1) -> bytes:
            self.left -= 1
            return b"many words " * 95_000 if self.left > 0 else b""

    tracemalloc.start()
    count = sum(1 for _ in read_plain(Endless(), "endless.txt", ReadOptions()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count > 6_000
    assert peak < 12_000_000
