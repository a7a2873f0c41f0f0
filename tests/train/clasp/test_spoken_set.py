"""Sentences and voices: what is heard in training is not tested."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the extra 'train'")

from polyvox.errors import PolyvoxError
from polyvox.train.clasp.data_sections import Sentences
from polyvox.train.clasp.spoken_set import HELD_OUT, choose_sentences, speak
from polyvox.train.clasp.utterances import Utterance, shuffled, without_leaks
from polyvox.train.engines import MissingEngineError, engines_named
from polyvox.train.split import Part

WORDS = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    here = [{"en": f"the {one} meets the {other} today"} for one in WORDS for other in WORDS]
    there = [{"eng": f"where is the {one} now?", "fra": f"où {one} ?"} for one in WORDS[:4]]
    there += [{"eng": f"where is the {one} now?", "deu": f"wo {one}?"} for one in WORDS[2:8]]
    there += [{"eng": "The alpha meets the bravo today!", "deu": "x"}]
    for name, rows in (("train-a", here), ("test-b", there)):
        with lzma.open(tmp_path / f"{name}.jsonl.xz", "wt", encoding="utf-8") as file:
            file.write("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def section(**changes: object) -> Sentences:
    values = {
        "sources": {"train-a": 1.0},
        "elsewhere": "test-b",
        "translations": {"fr": "fra", "de": "deu"},
        "train": 6,
        "development": 2,
        "test": 4,
        "test_shortest": 26,
        "engines": ("espeak",),
        "unseen_voices": ("espeak:en-us+f3",),
        **changes,
    }
    return Sentences(**values)  # type: ignore[arg-type]


def test_no_sentence_is_on_two_sides(text: Path) -> None:
    chosen = choose_sentences(section(), text, 1)
    counts = {part: [one.test for one in chosen if one.part is part] for part in Part}
    assert len(counts[Part.TRAIN]) == 6
    assert len(counts[Part.DEVELOPMENT]) == 2
    assert sorted(counts[Part.TEST]) == ["b"] * 4 + [HELD_OUT] * 4
    plain = {one.text.casefold().strip("!?.") for one in chosen}
    assert len(plain) == len(chosen)
    assert all(len(one.text) >= 26 for one in chosen if one.test == HELD_OUT)
    assert choose_sentences(section(), text, 1) == chosen
    assert choose_sentences(section(), text, 2) != chosen


def test_languages_are_served_in_turn(text: Path) -> None:
    elsewhere = [one for one in choose_sentences(section(), text, 1) if one.test == "b"]
    tags = [{tag for tag, _ in one.others} for one in elsewhere]
    assert sum("fr" in one for one in tags) >= 2
    assert sum("de" in one for one in tags) >= 2


def test_too_few_sentences_and_missing_files_are_told(text: Path) -> None:
    with pytest.raises(PolyvoxError, match="of 200 train sentences"):
        choose_sentences(section(train=200), text, 1)
    with pytest.raises(PolyvoxError, match="no such file"):
        choose_sentences(section(sources={"train-c": 1.0}), text, 1)


def test_test_sentences_are_spoken_by_both_kinds_of_voices(text: Path, tmp_path: Path) -> None:
    try:
        engines_named(["espeak"])
    except MissingEngineError as error:
        pytest.skip(str(error))
    chosen = section(train=2, development=1, test=1)
    sentences = choose_sentences(chosen, text, 1)
    heard = speak(chosen, sentences, tmp_path / "speech", 1)
    assert all(one.path.is_file() for one in heard)
    unseen = [one for one in heard if one.voices == "unseen"]
    assert {one.speaker for one in unseen} == {"espeak:en-us+f3"}
    assert {one.speaker for one in heard if one.voices != "unseen"}.isdisjoint(chosen.unseen_voices)
    assert {one.text for one in unseen} == {one.text for one in heard if one.voices == "seen"}
    assert {one.part for one in unseen} == {Part.TEST}
    with pytest.raises(PolyvoxError, match="'espeak:nobody' is not installed"):
        speak(section(unseen_voices=("espeak:nobody",)), sentences, tmp_path / "speech", 1)


def utterance(text: str, part: Part) -> Utterance:
    return Utterance(Path(f"{text}.wav"), text, part)


def test_what_says_a_test_text_is_left_out() -> None:
    everything = [
        utterance("Good morning", Part.TEST),
        utterance("good morning!", Part.TRAIN),
        utterance("good evening", Part.DEVELOPMENT),
        utterance("Good evening.", Part.TRAIN),
        utterance("good night", Part.TRAIN),
    ]
    corpus = without_leaks(everything)
    assert corpus.leaked == 2
    assert [one.text for one in corpus.of(Part.TRAIN)] == ["good night"]
    with pytest.raises(PolyvoxError, match="no recordings for the train part"):
        without_leaks(everything[:3])


def test_shuffling_deals_out_the_same_texts() -> None:
    given = [utterance(str(number), Part.TRAIN) for number in range(50)]
    dealt = shuffled(given, 1)
    assert [one.path for one in dealt] == [one.path for one in given]
    assert sorted(one.text for one in dealt) == sorted(one.text for one in given)
    assert sum(one.text == other.text for one, other in zip(given, dealt, strict=True)) < 10
