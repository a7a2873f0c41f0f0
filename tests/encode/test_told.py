"""A lexicon that was told the language: its words first, others at a cost, nothing else changed."""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from polyvox.encode.items import encode_items
from polyvox.encode.lexicon import Lexicon, WordSearch, save_lexicon
from polyvox.encode.lexicon_languages import (
    LANGUAGES_FILE,
    GuessedSearch,
    LexiconLanguages,
    ToldSearch,
    save_languages,
)
from polyvox.encode.load import load_encoder
from polyvox.encode.told import ToldLexicon, ToldLexicons
from polyvox.encode.words import Heard, SpokenWords, spoken_meaning
from polyvox.errors import PolyvoxError
from polyvox.item import Audio, Item

TABLE = np.eye(8, dtype=np.float32)
SIZE = 64
SPOKEN: list[tuple[int, ...]] = [(1, 2), (3, 4), (3, 5)] + [(6, 6, 6, 6, 6, 6)] * (SIZE - 3)
MEANINGS = [[(0, 0.5), (1, 0.5), (2, 0.5)], [(3, 1.0)], [(4, 1.0)]] + [[(7, 1.0)]] * (SIZE - 3)
WORDS = [[("en", 1), ("es", 2)], [("en", 1)], [("es", 1)]] + [[("fr", 1)]] * (SIZE - 3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    keys = np.random.default_rng(0).normal(size=(SIZE, 8)).astype(np.float32)
    save_lexicon(tmp_path, keys, SPOKEN, MEANINGS, WordSearch(candidates=SIZE, sharpness=1.0), code_parts=4)
    # English and Spanish have two words each, so that others cost 8.
    save_languages(tmp_path, WORDS, ToldSearch(foreign_cost=8 / math.log(2), few_words=1))
    return tmp_path


@pytest.fixture
def lexicon(folder: Path) -> Lexicon:
    return Lexicon.load(folder)


def told(lexicon: Lexicon, folder: Path, *names: str) -> ToldLexicon:
    languages = LexiconLanguages.load(folder, lexicon)
    assert languages is not None
    return ToldLexicon.of(lexicon, languages, names)


def heard(frames: list[dict[int, float]], sounds: int) -> Heard:
    likely = np.full((len(frames), 7), 0.01)
    for row, frame in zip(likely, frames, strict=True):
        for sound, share in frame.items():
            row[sound] = share
    last = np.linspace(1, len(frames) - 1, sounds).astype(np.int64)
    ends = np.full(sounds, -4, np.float32)
    return Heard(np.log(likely).astype(np.float32), np.ones((sounds, 8), np.float32), ends, last)


def meaning(said: Heard, words: Lexicon | ToldLexicon) -> np.ndarray:
    return spoken_meaning(said, words, lambda ids: TABLE[ids])


def test_a_told_word_means_what_it_means_in_its_language(lexicon: Lexicon, folder: Path) -> None:
    one = np.ones(1, np.float32)
    spanish = told(lexicon, folder, "es")
    assert spanish.entries.tolist() == [0, 2]
    assert spanish.meaning(np.array([SIZE]), one, lambda ids: TABLE[ids]).tolist()[:5] == [0, 1, 1, 0, 0]
    assert spanish.meaning(np.array([SIZE + 1]), one, lambda ids: TABLE[ids])[4] == 1
    english = told(lexicon, folder, "en").meaning(np.array([SIZE]), one, lambda ids: TABLE[ids])
    assert english.tolist()[:3] == [1, 0, 0]
    both = told(lexicon, folder, "en", "es").meaning(np.array([SIZE]), one, lambda ids: TABLE[ids])
    assert both.tolist()[:3] == [0.5, 0.5, 0.5]


def test_other_words_cost_and_none_counts_twice(lexicon: Lexicon, folder: Path) -> None:
    spanish = told(lexicon, folder, "es")
    assert spanish.costs(np.array([SIZE, SIZE + 1, 1, 5])).tolist() == pytest.approx([0, 0, 8, 8])
    assert told(lexicon, folder, "fr", "es").foreign_cost == pytest.approx(8)
    assert told(lexicon, folder, "fr").foreign_cost == pytest.approx(8 * math.log2(SIZE - 3))
    assert spanish.costs(np.array([0, 2, -1])).min() > 1e8
    candidates = spanish.nearest(np.ones((1, 8), np.float32), 2 * SIZE)
    assert sorted(candidates[candidates >= SIZE].tolist()) == [SIZE, SIZE + 1]
    assert sorted(set(candidates[(candidates >= 0) & (candidates < SIZE)].tolist())) == list(range(SIZE))


def test_where_the_sounds_leave_it_open_the_language_decides(lexicon: Lexicon, folder: Path) -> None:
    open_end = heard([{3: 0.94}, {3: 0.94}, {4: 0.47, 5: 0.47}, {4: 0.47, 5: 0.47}], 2)
    unknown = meaning(open_end, lexicon)
    assert unknown[3] == pytest.approx(unknown[4], rel=1e-3)
    spanish = meaning(open_end, told(lexicon, folder, "es"))
    assert spanish[4] / spanish[3] == pytest.approx(np.exp(0.4 * 8), rel=1e-2)


def test_a_clear_foreign_word_is_still_heard(lexicon: Lexicon, folder: Path) -> None:
    clear = heard([{3: 0.94}, {3: 0.94}, *[{4: 0.94}] * 6], 2)
    assert meaning(clear, told(lexicon, folder, "es")).argmax() == 3


def test_a_language_without_words_is_named_once_and_changes_nothing(
    lexicon: Lexicon, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    by_language = ToldLexicons(lexicon, folder)
    with caplog.at_level(logging.WARNING):
        assert by_language.of(["th"]) is lexicon
        assert by_language.of(["th"]) is lexicon
    assert len(caplog.records) == 1
    assert "'th'" in caplog.text and "en, es, fr" in caplog.text
    assert by_language.of(["es-MX", "th"]) is by_language.of(["es"])


def test_a_tag_that_names_no_language_is_heard_as_none(lexicon: Lexicon, folder: Path) -> None:
    by_language = ToldLexicons(lexicon, folder)
    assert by_language.of(["und-Latn"]) is lexicon
    assert by_language.of(["und-US", "x-ours"]) is lexicon


def test_whoever_sends_tags_does_not_fill_the_log(
    lexicon: Lexicon, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    by_language = ToldLexicons(lexicon, folder)
    with caplog.at_level(logging.WARNING):
        for number in range(50):
            by_language.of([f"x-tag{number}"])
    assert len(caplog.records) == 20


def test_a_model_that_cannot_be_told_hears_as_before(
    lexicon: Lexicon, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / LANGUAGES_FILE).unlink()
    with caplog.at_level(logging.WARNING):
        assert ToldLexicons(lexicon, folder).of(["es"]) is lexicon
    assert ToldLexicons(lexicon, folder).guesser() is None
    assert "cannot be told" in caplog.text


def test_a_damaged_file_and_one_of_another_lexicon_are_named(lexicon: Lexicon, folder: Path) -> None:
    save_languages(folder, WORDS[:-1])
    with pytest.raises(PolyvoxError, match=r"another lexicon|cannot be read"):
        ToldLexicons(lexicon, folder).of(["es"])
    (folder / LANGUAGES_FILE).write_bytes(b"no")
    with pytest.raises(PolyvoxError, match="cannot be read"):
        ToldLexicons(lexicon, folder).of(["es"])


def test_recordings_of_one_batch_are_told_apart(lexicon: Lexicon, folder: Path) -> None:
    spoken = SpokenWords(lexicon, lambda ids: TABLE[ids], ToldLexicons(lexicon, folder))
    one = heard([{3: 0.94}, {3: 0.94}, {4: 0.47, 5: 0.47}, {4: 0.47, 5: 0.47}], 2)
    fields = ("sounds", "queries", "ends", "last_frames")
    batch = {name: np.stack([getattr(one, name)] * 3) for name in fields}
    lengths = np.array([16, 16, 16])
    vectors = spoken.vectors(batch, lengths, [(), ("es",), ("en",)])
    assert np.array_equal(vectors[0], spoken.vectors(batch, lengths)[1])
    assert [vectors[1].argmax(), vectors[2].argmax()] == [4, 3]


def test_where_none_is_told_it_is_guessed(lexicon: Lexicon, folder: Path) -> None:
    """An English word fits a little better than a Spanish one: it is English, and so fits much better."""
    save_languages(folder, WORDS, guessed=GuessedSearch(sharpness=1.0, foreign_cost=5.0))
    by_language = ToldLexicons(lexicon, folder)
    open_end = heard([{3: 0.94}, {3: 0.94}, {4: 0.50, 5: 0.44}, {4: 0.50, 5: 0.44}], 2)
    alone = spoken_meaning(open_end, lexicon, lambda ids: TABLE[ids])
    guessed = spoken_meaning(open_end, lexicon, lambda ids: TABLE[ids], by_language.guesser())
    assert guessed[3] / guessed[4] > 2 * alone[3] / alone[4]
    spoken = SpokenWords(lexicon, lambda ids: TABLE[ids], by_language)
    batch = {name: getattr(open_end, name)[None] for name in ("sounds", "queries", "ends", "last_frames")}
    unit = guessed / np.linalg.norm(guessed)
    np.testing.assert_allclose(spoken.vectors(batch, np.array([16]))[0], unit, atol=1e-6)
    # Told a language without words, it guesses as well.
    np.testing.assert_allclose(spoken.vectors(batch, np.array([16]), [("th",)])[0], unit, atol=1e-6)


@pytest.fixture(scope="module")
def voice() -> Audio:
    dice = np.random.default_rng(3)
    return Audio(dice.normal(0, 0.1, 16_000).astype(np.float32) * np.sin(np.arange(16_000) / 900) ** 2)


def test_the_shipped_model_is_told_by_the_item(voice: Audio) -> None:
    encoder = load_encoder()
    items = [Item(voice), Item(voice, language="sw"), Item(replace(voice, languages=("sw",)), language="en")]
    unknown, swahili, own = encode_items(encoder, items)
    np.testing.assert_allclose(unknown, encoder.encode_speech([voice])[0], atol=1e-6)
    np.testing.assert_allclose(swahili, own, atol=1e-6)
    alone = encoder.encode_speech([replace(voice, languages=("sw",))])[0]
    np.testing.assert_allclose(swahili, alone, atol=1e-6)
    assert swahili @ unknown < 0.99
