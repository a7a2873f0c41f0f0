from __future__ import annotations

import pytest

from polyvox.read.language import detect_language, detect_languages, valid_language

GREETINGS = {
    "en": "Where is the nearest railway station, please?",
    "de": "Wo ist hier der nächste Bahnhof, bitte schön?",
    "ru": "Здравствуйте, я хотел бы купить билет на поезд до Москвы.",
    "el": "Πού είναι ο πλησιέστερος σταθμός, παρακαλώ;",
    "ar": "أين توجد أقرب محطة قطار من فضلك؟ أريد أن أسافر إلى المدينة.",
    "he": "איפה תחנת הרכבת הקרובה ביותר בבקשה?",
    "hi": "कृपया बताइए निकटतम रेलवे स्टेशन कहाँ है?",
    "th": "สถานีรถไฟที่ใกล้ที่สุดอยู่ที่ไหนครับ",
    "zh": "请问最近的火车站在哪里？",
    "ja": "一番近い駅はどこですか。",
    "ko": "가장 가까운 기차역이 어디에 있습니까?",
    "am": "በአቅራቢያው ያለው ባቡር ጣቢያ የት ነው?",
    "sw": "Tafadhali, kituo cha treni kilicho karibu kiko wapi?",
}


@pytest.mark.parametrize(("language", "text"), GREETINGS.items())
def test_languages_of_many_scripts(language: str, text: str) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize("text", ["", "ok", "12345", "??", "\x00\x01\x02", "\ud800", "xkcd qwrt zzzz"])
def test_unsure_is_und(text: str) -> None:
    assert detect_language(text) == "und"


def test_control_characters_do_not_hide_a_language() -> None:
    assert detect_language("Where is the nearest\x07 railway station?\x1b") == "en"


def test_a_mixed_file_is_judged_line_by_line() -> None:
    assert detect_languages(list(GREETINGS.values())) == list(GREETINGS)


def test_neighbours_do_not_swallow_strangers() -> None:
    sure = ["Das ist ein ganz gewöhnlicher deutscher Satz über das Wetter."] * 6
    strangers = ["Gut so.", "12", "Xqz vlmp.", GREETINGS["sw"], "¿Dónde está?"]
    assert detect_languages([*sure, *strangers]) == ["de"] * 6 + ["und", "und", "und", "sw", "es"]


def test_neighbours_settle_a_guess_of_their_own_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polyvox.read.language._langid", lambda: lambda _: ("fi", 0.99))
    sure = ["Das ist ein ganz gewöhnlicher deutscher Satz über das Wetter."] * 6
    assert detect_languages(["Wir sind da."]) == ["und"]
    assert detect_languages([*sure, "Wir sind da."]) == ["de"] * 7


def test_without_cld2_only_a_certain_langid_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polyvox.read.language._cld2", lambda: None)
    assert detect_languages([GREETINGS["de"], "ok"]) == ["de", "und"]


@pytest.mark.parametrize(
    ("given", "tag"),
    [
        ("EN_us", "en-US"),
        ("swa", "sw"),
        ("klingon!", None),
        ("xx", None),
        ("", None),
        ("x-none", None),
        ("und", None),
    ],
)
def test_valid_language(given: str, tag: str | None) -> None:
    assert valid_language(given) == tag
