import json
import lzma
from pathlib import Path

import pytest

from polyvox.train.phonemes import MissingEspeakError, ipa
from polyvox.train.said_texts import SaidTextConfig, said_texts
from polyvox.train.spoken_texts import SynthesisConfig, texts_to_speak

ROWS = [
    {"en": "cat", "fr": "chat", "so": "bisad"},
    {"en": "the cat sat on the mat today", "fr": "le chat est assis sur le tapis"},
    {"en": "cat: dark skin tone", "fr": "chat : peau foncée"},
    {"en": "[b]bold[/b]", "fr": "{gras}"},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    try:
        ipa("a", "en")
    except MissingEspeakError:
        pytest.skip("espeak-ng is not installed")
    with lzma.open(tmp_path / "train-some.jsonl.xz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in ROWS)
    return tmp_path


def test_short_rows_words_and_spans_with_their_sounds(folder: Path) -> None:
    numbers = {letter: place for place, letter in enumerate("kætʃasiəolupndð", start=1)}
    config = SaidTextConfig(
        sources=("train-some",),
        languages={"en": 1, "fr": 1, "so": 1},
        words={"default": 3},
        spans={"default": 1},
        max_characters=20,
        skip=("skin tone",),
    )
    said = said_texts(config, folder, numbers)
    assert set(said) == {"en", "fr"}
    english = {text.text: text for text in said["en"]}
    assert english["cat"].sounds == (numbers["k"], numbers["æ"], numbers["t"])
    assert {text.text: text.english for text in said["fr"]}["chat"] == "cat"
    assert "the" in english
    assert not any("skin" in text or "bold" in text for text in english)
    assert [len(text.sounds) for text in said["en"]] == sorted(len(text.sounds) for text in said["en"])


def test_texts_to_speak_are_short_and_the_same_for_the_same_seed(folder: Path) -> None:
    config = SynthesisConfig(
        languages=("en", "fr"), sources={"train-some": 1.0}, utterances={"default": 5}, max_characters=20
    )
    texts = texts_to_speak(config, folder)
    assert texts == texts_to_speak(config, folder)
    assert {(text.text, text.translation) for text in texts if text.language == "fr"} == {
        ("chat", "cat"),
        ("chat : peau foncée", "cat: dark skin tone"),
    }
