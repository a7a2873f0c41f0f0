import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.evaluate.toy import WordEncoder

from polyvox.encode import Role, Vectors
from polyvox.errors import PolyvoxError
from polyvox.evaluate.declaration import Task, read_task
from polyvox.evaluate.folder import read_evaluation
from polyvox.evaluate.measure import Settings
from polyvox.evaluate.outline import outline
from polyvox.evaluate.problem import Content
from polyvox.evaluate.run import evaluate_encoder
from polyvox.evaluate.vectors import Unreadable
from polyvox.item import Audio
from polyvox.train.waves import write_wav

SAME = {"mvua": "rain", "jua": "sun", "pluie": "rain"}
DECLARATION = """
name = "tiny"
title = "three words"
reader = "rows"
path = "tiny.jsonl"
revision = "1"
licence = "CC0"
citation = "none"
source = "here"
directions = ["text:* → text:en"]
metrics = [
    "Hits@1", "MRR", "mean rank", "median rank", "xsim", "effective rank", "uniformity", "alignment", "CER",
]
languages = ["en", "sw", "fr"]
spread = ["variance"]
"""
ROWS = [
    {"en": "rain", "sw": "mvua", "fr": "pluie"},
    {"en": "sun", "sw": "jua", "fr": "soleil"},
    {"en": "fire", "sw": "moto", "fr": "feu"},
]


@pytest.fixture
def task(tmp_path: Path) -> Task:
    (tmp_path / "tiny.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    (tmp_path / "tiny.toml").write_text(DECLARATION)
    return read_task(tmp_path / "tiny.toml")


def speech_task(folder: Path) -> Task:
    """Recordings of 8 and 9 samples times a hundred, which the toy hears as the words 800 and 900."""
    rows = []
    for number in (8, 9):
        write_wav(folder / f"{number}.wav", Audio(np.full(number * 100, 0.5, np.float32)))
        rows.append({"id": number, "text": str(number * 100), "audio": f"{number}.wav"})
    (folder / "speech.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "speech.toml").write_text(
        DECLARATION.replace('"rows"', '"columns"')
        .replace("tiny.jsonl", ".")
        .replace('"tiny"', '"voices"')
        .replace("text:* → text:en", "speech:* → text:=")
        .replace('spread = ["variance"]', "")
        .replace('"CER"', '"modality gap"')
        + '[columns]\nunit = "id"\ntext = "text"\naudio = "audio"\n'
        + '[options]\nfiles = "speech.jsonl"\nlanguage = "en"\n'
    )
    return read_task(folder / "speech.toml")


def test_every_number_and_its_circumstances(task: Task, tmp_path: Path) -> None:
    outcome = evaluate_encoder(WordEncoder(SAME), [task], tmp_path, tmp_path / "out", Settings(seed=4))
    back = read_evaluation(tmp_path / "out" / "toy-toy-fing")
    rows = {(row["query_language"], row["metric"]): row for row in back.summary.to_pylist()}
    assert outcome.skipped == ()
    swahili = rows["sw", "Hits@1"]
    assert swahili["value"] == pytest.approx(2 / 3, abs=0.34)
    assert (swahili["pool"], swahili["queries"], swahili["seed"], swahili["relevance"]) == (3, 3, 4, "text")
    assert swahili["direction"] == "text→text"
    assert swahili["revision"].startswith("1 sha256:")
    assert {"mean rank", "median rank", "xsim", "effective rank", "uniformity", "alignment", "CER"} <= {
        metric for _, metric in rows
    }
    assert rows["mul", "MRV variance"]["note"].startswith("2 languages, mean rank ")
    per_query = [
        row for row in back.scores.to_pylist() if (row["query_language"], row["metric"]) == ("sw", "rank")
    ]
    assert len(per_query) == 3
    assert per_query[0]["query_id"] == "1/0"
    assert per_query[0]["value"] == 1.0
    assert back.card.dimension == 32
    assert back.card.bytes_per_vector == 128
    assert back.card.seconds_text > 0
    assert back.sample is not None
    assert set(back.sample.language) == {"sw", "fr", "en"}


def test_failures_show_what_was_asked_wanted_and_found(task: Task, tmp_path: Path) -> None:
    outcome = evaluate_encoder(WordEncoder({}), [task], tmp_path, tmp_path / "out", Settings())
    failures = [one for one in outcome.evaluation.failures if one.query_text == "mvua"]
    for failure in failures:
        assert failure.wanted_text == "rain"
        assert failure.rank > 1
        assert len(failure.got) == 3
    assert outcome.evaluation.failures


def test_dimensions_are_prefixes(task: Task, tmp_path: Path) -> None:
    outcome = evaluate_encoder(
        WordEncoder(SAME), [task], tmp_path, tmp_path / "out", Settings(dimensions=(32, 8))
    )
    assert {row["dimension"] for row in outcome.evaluation.summary.to_pylist()} == {32, 8}
    with pytest.raises(PolyvoxError, match="64 is not among 1 to 32"):
        evaluate_encoder(WordEncoder(SAME), [task], tmp_path, tmp_path / "out", Settings(dimensions=(64,)))


def test_a_finished_task_is_not_encoded_again_unless_its_circumstances_changed(
    task: Task, tmp_path: Path
) -> None:
    first, again, other = WordEncoder(SAME), WordEncoder(SAME), WordEncoder(SAME)
    told: list[str] = []
    a = evaluate_encoder(first, [task], tmp_path, tmp_path / "out", Settings())
    b = evaluate_encoder(again, [task], tmp_path, tmp_path / "out", Settings(), report=told.append)
    assert first.encoded
    assert again.encoded == []
    assert told == ["tiny: kept from an earlier run"]
    assert a.evaluation.summary.to_pylist() == b.evaluation.summary.to_pylist()
    evaluate_encoder(other, [task], tmp_path, tmp_path / "out", Settings(seed=9))
    assert other.encoded
    (tmp_path / "tiny.jsonl").write_text(json.dumps(ROWS[0]) + "\n" + json.dumps(ROWS[1]) + "\n")
    changed = WordEncoder(SAME)
    evaluate_encoder(changed, [task], tmp_path, tmp_path / "out", Settings(seed=9))
    assert changed.encoded


def test_a_kill_between_tasks_loses_only_the_unfinished_one(task: Task, tmp_path: Path) -> None:
    voices = speech_task(tmp_path)

    class Dies(WordEncoder):
        def encode_speech(self, recordings: object, *, role: Role = Role.PASSAGE) -> Vectors:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate_encoder(Dies(SAME, hears=True), [task, voices], tmp_path, tmp_path / "out", Settings())
    again = WordEncoder(SAME, hears=True)
    outcome = evaluate_encoder(again, [task, voices], tmp_path, tmp_path / "out", Settings())
    assert "mvua" not in again.encoded
    assert {row["task"] for row in outcome.evaluation.summary.to_pylist()} == {"tiny", "voices"}


def test_a_limit_is_a_sample_of_queries_and_says_so(task: Task, tmp_path: Path) -> None:
    outcome = evaluate_encoder(WordEncoder(SAME), [task], tmp_path, tmp_path / "out", Settings(limit=2))
    row = outcome.evaluation.summary.to_pylist()[0]
    assert (row["queries"], row["pool"], row["note"]) == (2, 3, "sample of 2 of 3 queries, whole pool")


def test_languages_choose_pairs(task: Task, tmp_path: Path) -> None:
    settings = Settings(languages=frozenset({"sw"}))
    outcome = evaluate_encoder(WordEncoder(SAME), [task], tmp_path, tmp_path / "out", settings)
    assert {row["query_language"] for row in outcome.evaluation.summary.to_pylist()} == {"sw"}
    nothing = Settings(languages=frozenset({"ja"}))
    outcome = evaluate_encoder(WordEncoder(SAME), [task], tmp_path, tmp_path / "out", nothing)
    assert outcome.skipped == ("tiny: none of its problems is in ja; its languages are en, sw, fr",)


def test_what_was_asked_for_and_has_no_number_is_told(task: Task, tmp_path: Path) -> None:
    asked = replace(task, metrics=(*task.metrics, "modality gap"))
    settings = Settings(languages=frozenset({"sw", "ja"}))
    told: list[str] = []
    evaluate_encoder(WordEncoder(SAME), [asked], tmp_path, tmp_path / "out", settings, report=told.append)
    assert told == [
        "tiny: no numbers for modality gap; the data lacks what they need, such as texts or answers",
        "tiny: has nothing in ja",
    ]


def test_a_text_model_on_a_speech_task_is_reported_and_the_rest_goes_on(task: Task, tmp_path: Path) -> None:
    voices = speech_task(tmp_path)
    outcome = evaluate_encoder(WordEncoder(SAME), [voices, task], tmp_path, tmp_path / "out", Settings())
    assert outcome.skipped == ("voices: the task asks for speech→text, but toy encodes only text",)
    assert {row["task"] for row in outcome.evaluation.summary.to_pylist()} == {"tiny"}


def test_speech_is_heard_and_an_unreadable_recording_is_a_miss(tmp_path: Path) -> None:
    voices = speech_task(tmp_path)
    whole = evaluate_encoder(WordEncoder(hears=True), [voices], tmp_path, tmp_path / "out", Settings())
    hits = [row for row in whole.evaluation.summary.to_pylist() if row["metric"] == "Hits@1"]
    assert [row["value"] for row in hits] == [1.0]
    assert whole.evaluation.card.seconds_speech > 0
    assert "modality gap" in {row["metric"] for row in whole.evaluation.summary.to_pylist()}
    (tmp_path / "9.wav").write_bytes(b"broken")
    damaged = evaluate_encoder(WordEncoder(hears=True), [voices], tmp_path, tmp_path / "out", Settings())
    hits = [row for row in damaged.evaluation.summary.to_pylist() if row["metric"] == "Hits@1"]
    assert hits[0]["value"] == 0.5
    assert hits[0]["queries"] == 2
    assert "1 recordings cannot be read and count as misses: " in hits[0]["note"]
    assert [row["tie"] for row in hits] == ["pessimistic"]


def test_only_problems_with_an_unreadable_recording_say_so() -> None:
    unreadable = Unreadable({Path("9.wav"): "9.wav"})
    broken, whole = Content(audio=Path("9.wav")), Content(audio=Path("8.wav"))
    assert (
        unreadable.note([broken, broken, whole]) == "1 recordings cannot be read and count as misses: 9.wav"
    )
    assert unreadable.note([whole, Content("9.wav")]) == ""


def test_a_vector_that_is_not_a_number_is_named(task: Task, tmp_path: Path) -> None:
    class Broken(WordEncoder):
        def encode_text(self, texts: object, *, role: Role = Role.PASSAGE) -> Vectors:
            vectors = super().encode_text(texts, role=role)  # type: ignore[arg-type]
            vectors[1] = np.nan
            return vectors

    outcome = evaluate_encoder(Broken(SAME), [task], tmp_path, tmp_path / "out", Settings())
    assert "a vector that is not a number for 'soleil'" in outcome.skipped[0]


def test_the_outline_averages_pairs(task: Task, tmp_path: Path) -> None:
    outcome = evaluate_encoder(WordEncoder(SAME), [task], tmp_path, tmp_path / "out", Settings())
    [line] = outline(outcome.evaluation, [task])
    values = [row["value"] for row in outcome.evaluation.summary.to_pylist() if row["metric"] == "Hits@1"]
    assert line.value == pytest.approx(np.mean(values))
    assert (line.direction, line.pairs, line.queries, line.pool) == ("text→text, to English", 2, 6, "3")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("licence =", "license ="), "unknown key license; a task has: name, title"),
        (('source = "here"', ""), "the key source is missing"),
        (("text:* → text:en", "text:* to en"), "is no direction such as"),
        (('"fr"]', '"not a tag"]'), "is not a BCP 47 language tag"),
        (("languages", 'primary = "R@7"\nlanguages'), "the primary metric 'R@7' is not among the metrics"),
    ],
)
def test_a_wrong_declaration_says_what_is_right(tmp_path: Path, change: tuple[str, str], reason: str) -> None:
    (tmp_path / "wrong.toml").write_text(DECLARATION.replace(*change, 1))
    with pytest.raises(PolyvoxError, match=reason):
        read_task(tmp_path / "wrong.toml")


def test_a_model_that_knows_no_roles_hears_a_recording_once(tmp_path: Path) -> None:
    from polyvox.evaluate.problem import Content
    from polyvox.evaluate.vectors import Vectoriser

    class Symmetric(WordEncoder):
        symmetric = True

    for encoder, times in ((Symmetric(), 1), (WordEncoder(), 2)):
        vectoriser = Vectoriser(encoder)
        for role in Role:
            vectoriser([Content("rain"), Content("rain")], role)
        assert encoder.encoded == ["rain"] * times
