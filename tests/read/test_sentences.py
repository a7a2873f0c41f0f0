from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyvox.read.sentences import inside_character, split_long, split_sentences

SCRIPTS = [
    ("Latin", ["It rains. ", "Does it? ", "“It does!” ", "Good."]),
    ("Cyrillic", ["Идёт дождь. ", "Правда? ", "Да!"]),
    ("Greek", ["Βρέχει σήμερα. ", "Αλήθεια; Ναι."]),
    ("Arabic", ["هل تمطر؟ ", "نعم. ", "حسنا."]),
    ("Urdu", ["بارش ہو رہی ہے۔ ", "ٹھیک ہے۔"]),
    ("Devanagari", ["बारिश हो रही है। ", "क्या सच में? ", "हाँ।"]),
    ("Amharic", ["ዝናብ እየዘነበ ነው። ", "እውነት ነው፧ ", "አዎ።"]),
    ("Armenian", ["Անձրև է գալիս։ ", "Այո։"]),
    ("Burmese", ["မိုးရွာနေတယ်။ ", "ဟုတ်ကဲ့။"]),
    ("Khmer", ["ភ្លៀងធ្លាក់។", "បាទ។"]),
    ("Chinese", ["下雨了。", "真的吗？", "“是的！”", "好。"]),
    ("Japanese", ["雨が降っている。", "「本当？」", "はい。"]),
    ("Korean", ["비가 온다. ", "정말? ", "응."]),
]


@pytest.mark.parametrize(("script", "sentences"), SCRIPTS, ids=[name for name, _ in SCRIPTS])
def test_sentences_of_many_scripts(script: str, sentences: list[str]) -> None:
    assert split_sentences("".join(sentences)) == sentences


def test_no_sentence_end_inside_numbers_and_before_small_letters() -> None:
    assert split_sentences("It costs 3.50 euros, approx. two dollars.") == [
        "It costs 3.50 euros, approx. two dollars."
    ]


@given(st.text(max_size=300), st.integers(min_value=5, max_value=50))
def test_nothing_is_lost_and_no_stretch_is_too_long(text: str, limit: int) -> None:
    assert "".join(split_sentences(text)) == text
    stretches = list(split_long(text, limit))
    assert "".join(stretches) == text
    assert all(0 < len(stretch) <= limit for stretch in stretches)


@pytest.mark.parametrize(
    "text",
    [
        "ภาษาไทยเขียนติดกันโดยไม่มีช่องว่างระหว่างคำและประโยคเลยแม้แต่น้อย",
        "ພາສາລາວຂຽນຕິດກັນໂດຍບໍ່ມີຊ່ອງຫວ່າງລະຫວ່າງຄຳ",
        "हिन्दीमेंलिखाहुआएकबहुतलम्बाशब्दजिसमेंक्षत्रियहैं",
        "👩‍👩‍👧‍👦👩🏽‍🚀🇩🇪🇫🇷🇯🇵e\u0301e\u0301e\u0301",
    ],
)
def test_a_cut_never_tears_a_character(text: str) -> None:
    begin = 0
    for stretch in split_long(text, 9):
        assert not inside_character(text, begin)
        begin += len(stretch)


def test_flags_are_cut_in_pairs() -> None:
    assert list(split_long("🇩🇪🇫🇷🇯🇵", 3)) == ["🇩🇪", "🇫🇷", "🇯🇵"]


def test_a_long_sentence_is_cut_at_clauses_then_words() -> None:
    assert list(split_long("one two three four, five six seven", 24)) == [
        "one two three four, ",
        "five six seven",
    ]
    assert list(split_long("aaaa bbbb cccc", 12)) == ["aaaa bbbb ", "cccc"]
