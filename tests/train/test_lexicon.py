"""The lexicon of a speech tower: which words, which sounds, which meaning."""

import json
import lzma
from pathlib import Path

import numpy as np
import pytest

from polyvox.encode.lexicon import Lexicon, WordSearch
from polyvox.encode.lexicon_languages import LexiconLanguages
from polyvox.encode.static import StaticTextTower, unit_rows
from polyvox.train.languages import espeak_voice
from polyvox.train.lexicon import (
    KnownWord,
    LexiconConfig,
    load_words,
    meanings,
    read_words,
    save_words,
    write_lexicon,
)
from polyvox.train.phonemes import MissingEspeakError, ipa

MODEL = Path(__file__).parents[2] / "src/polyvox/models/default"


@pytest.fixture(scope="module")
def text() -> StaticTextTower:
    return StaticTextTower.load(MODEL)


def vector(text: StaticTextTower, meaning: list[tuple[int, float]]) -> np.ndarray:
    subwords = np.array([subword for subword, _ in meaning])
    weights = np.array([weight for _, weight in meaning], np.float32)
    return np.asarray(weights @ text.vectors(subwords))


def test_a_word_without_translation_means_its_own_text(text: StaticTextTower) -> None:
    meant = meanings([KnownWord("maison", "fr", (1, 2))], text, 0.4)
    np.testing.assert_allclose(
        unit_rows(vector(text, meant[1, 2])[None])[0], text.encode(["maison"])[0], atol=1e-5
    )


def test_a_translation_turns_the_direction_and_keeps_the_length(text: StaticTextTower) -> None:
    meant = vector(text, meanings([KnownWord("etxe", "eu", (1,), "house")], text, 0.4)[(1,)])
    own, english = text.encode(["etxe", "house"])
    wanted = 0.6 * own + 0.4 * english
    np.testing.assert_allclose(meant / np.linalg.norm(meant), wanted / np.linalg.norm(wanted), atol=1e-4)
    subwords = np.array(text.subwords.ids(["etxe"])[0])
    assert np.linalg.norm(meant) == pytest.approx(np.linalg.norm(text.vectors(subwords).sum(0)), rel=1e-4)


def test_words_that_sound_alike_share_an_entry(text: StaticTextTower) -> None:
    words = [KnownWord("sea", "en", (1, 2)), KnownWord("see", "en", (1, 2)), KnownWord("si", "es", (1, 3))]
    meant = meanings(words, text, 0.4)
    assert list(meant) == [(1, 2), (1, 3)]
    assert sum(weight for _, weight in meant[1, 2]) == pytest.approx(
        sum(len(ids) for ids in text.subwords.ids(["sea", "see"])) / 2
    )


def test_words_survive_their_file(tmp_path: Path) -> None:
    words = [KnownWord("maison", "fr", (1, 2), "house"), KnownWord("ή", "el", (7,))]
    save_words(words, tmp_path / "words.tsv")
    assert load_words(tmp_path / "words.tsv") == words


def test_a_written_lexicon_opens(tmp_path: Path, text: StaticTextTower) -> None:
    words = [KnownWord(f"word{number}", "en", (1 + number % 6, 1 + number // 6)) for number in range(36)]
    keys = np.random.default_rng(0).normal(size=(36, 8)).astype(np.float32)
    config = LexiconConfig(sources=(), code_parts=4)
    assert write_lexicon(words, keys, text, tmp_path, config, WordSearch()) == 36
    assert len(Lexicon.load(tmp_path)) == 36


def test_a_written_lexicon_tells_the_languages_of_its_words(tmp_path: Path, text: StaticTextTower) -> None:
    fill = [KnownWord(f"word{number}", "en", (1 + number % 6, 1 + number // 6)) for number in range(36)]
    words = [*fill, KnownWord("sí", "es", (1, 1)), KnownWord("si", "es-MX", (7,))]
    keys = np.random.default_rng(0).normal(size=(37, 8)).astype(np.float32)
    write_lexicon(words, keys, text, tmp_path, LexiconConfig(sources=(), code_parts=4), WordSearch())
    lexicon = Lexicon.load(tmp_path)
    languages = LexiconLanguages.load(tmp_path, lexicon)
    assert languages is not None
    assert languages.names == ("en", "es", "es-MX")
    assert languages.of_words[:3].tolist() == [0, 1, 0]
    assert languages.words_of_entries.tolist() == [2, *[1] * 36]
    shared = [len(ids) for ids in text.subwords.ids(["word0", "sí"])]
    assert languages.subword_counts[:2].tolist() == shared
    assert languages.subword_counts.sum() == len(lexicon.subwords)


def test_reading_ranks_words_and_finds_their_sounds_and_english(tmp_path: Path) -> None:
    try:
        ipa("a", "fr")
    except MissingEspeakError:
        pytest.skip("espeak-ng is not installed")
    rows = [
        {"en": "house", "fr": "maison"},
        {"en": "the white house", "fr": "la maison blanche"},
        {"en": "thumb: light skin tone", "fr": "pouce"},
    ]
    with lzma.open(tmp_path / "some.jsonl.xz", "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows)
    assert espeak_voice("fr")
    numbers = {sound: place for place, sound in enumerate("abdefhiklmnoprstuwzɑɔəɛɪʃɔ̃", start=1)}
    config = LexiconConfig(sources=("some",), words={"default": 2}, spans={"default": 5}, skip=("skin tone",))
    words, spans = read_words(config, tmp_path, ["fr"], numbers)
    assert words[0].text == "maison"
    assert words[0].english == "house"
    assert len(words) == 2
    assert all(2 <= len(span) <= 6 for span in spans["fr"])
    assert spans["fr"]
