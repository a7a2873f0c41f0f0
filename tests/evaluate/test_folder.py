import json
import math
from pathlib import Path

import numpy as np
import pytest

from polyvox.errors import PolyvoxError
from polyvox.evaluate.folder import (
    KEY,
    Answer,
    Evaluation,
    Failure,
    Sample,
    SystemCard,
    read_evaluation,
    read_evaluations,
    score_table,
    summary_table,
    write_evaluation,
)

ROW = {
    "task": "tatoeba",
    "revision": "1",
    "direction": "text→text",
    "query_language": "sw",
    "document_language": "en",
    "query_modality": "text",
    "document_modality": "text",
    "dimension": 64,
    "metric": "R@1",
    "tie": "pessimistic",
}


def example(name: str = "tiny") -> Evaluation:
    return Evaluation(
        card=SystemCard(name, "0123456789", prompts={"query": "q: "}, seconds_text=0.5),
        scores=score_table([{**ROW, "query_id": "7", "value": 1.0}]),
        summary=summary_table(
            [{**ROW, "value": 1.0, "pool": 10, "queries": 1, "seed": 0, "relevance": "text", "note": ""}]
        ),
        failures=[Failure("tatoeba", "sw", "7", "jua", None, "sun", [Answer("moon", "a/b.ogg", 0.5)], 2)],
        sample=Sample(
            np.eye(2, dtype=np.float32),
            np.array(["text", "speech"]),
            np.array(["sw", "en"]),
            np.array(["jua", ""]),
        ),
    )


def test_an_evaluation_comes_back_as_it_was_written(tmp_path: Path) -> None:
    folder = write_evaluation(tmp_path, example())
    back = read_evaluation(folder)
    assert folder.name == "tiny-01234567"
    assert back.card.prompts == {"query": "q: "}
    assert back.card.seconds_text == 0.5
    assert math.isnan(back.card.seconds_speech)
    assert back.scores.to_pylist() == [{**ROW, "query_id": "7", "value": 1.0}]
    assert back.summary.to_pylist()[0]["pool"] == 10
    assert back.failures == example().failures
    assert back.sample is not None
    assert back.sample.language.tolist() == ["sw", "en"]
    assert set(KEY) <= set(back.summary.column_names)


def test_the_system_file_is_plain_json(tmp_path: Path) -> None:
    folder = write_evaluation(tmp_path, example())
    assert json.loads((folder / "system.json").read_text())["seconds_speech"] is None


def test_every_system_below_a_folder_is_read(tmp_path: Path) -> None:
    write_evaluation(tmp_path, example("b"))
    write_evaluation(tmp_path, example("a"))
    assert [e.card.name for e in read_evaluations(tmp_path)] == ["a", "b"]
    assert [e.card.name for e in read_evaluations(tmp_path / "a-01234567")] == ["a"]


def test_a_folder_without_evaluation_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match="polyvox evaluate MODEL --out"):
        read_evaluations(tmp_path)


def test_a_damaged_evaluation_is_named(tmp_path: Path) -> None:
    folder = write_evaluation(tmp_path, example())
    (folder / "scores.parquet").write_bytes(b"broken")
    with pytest.raises(PolyvoxError, match="tiny-01234567"):
        read_evaluation(folder)
