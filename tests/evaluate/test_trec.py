from pathlib import Path

import pytest

from polyvox.errors import PolyvoxError
from polyvox.evaluate.folder import read_evaluation
from polyvox.evaluate.metrics import metric
from polyvox.evaluate.search import Tie
from polyvox.evaluate.trec import evaluate_run, judge, read_qrels, read_run

RUN = "q1 Q0 a 1 0.9 toy\nq1 Q0 b 2 0.8 toy\nq2 Q0 a 1 0.5 toy\nq2 Q0 c 2 0.5 toy\nq4 Q0 a 1 1 toy\n"
QRELS = "q1 0 a 1\nq1 0 b 0\nq2 0 c 1\nq3 0 a 1\n"


def test_every_query_of_run_and_qrels_counts(tmp_path: Path) -> None:
    run, qrels = tmp_path / "toy.trec", tmp_path / "test.qrels"
    run.write_text(RUN)
    qrels.write_text(QRELS)
    evaluate_run(run, qrels, tmp_path / "out")
    [folder] = (tmp_path / "out").iterdir()
    rows = {(row["metric"], row["tie"]): row for row in read_evaluation(folder).summary.to_pylist()}
    assert rows["Hits@1", "pessimistic"]["value"] == 0.25
    assert rows["Hits@1", "optimistic"]["value"] == 0.5
    assert rows["MRR", "pessimistic"]["queries"] == 4
    assert rows["MRR", "pessimistic"]["pool"] == 3
    note = rows["MRR", "pessimistic"]["note"]
    assert "1 queries of the run have no judgements" in note
    assert "1 queries are not in the run" in note


def test_the_auc_of_an_impression_is_over_what_was_shown_in_it() -> None:
    """One of two wrong documents is beaten; what other impressions showed changes nothing."""
    shown = {"i1": {"a": 0.9, "b": 0.8, "c": 0.7}}
    clicks = {"i1": {"b": 1}, "i2": {"z9": 1}}
    others = {"i2": {f"z{n}": float(n) for n in range(10)}}
    found = metric("AUC").measure(judge(shown | others, clicks).evidence, Tie.PESSIMISTIC)
    assert found is not None
    assert found.per_query is not None
    assert found.per_query.tolist() == [0.5, 1.0]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("q1 Q0 a 1 0.9", "line 2: has 5 columns"),
        ("q1 Q0 a 1 high toy", "line 2: 'high' is not a number"),
        ("q1 Q0 a 1 nan toy", "line 2: the score is NaN"),
        ("q1 Q0 a 2 0.1 toy", "line 2: query 'q1' has document 'a' a second time"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    run = tmp_path / "toy.trec"
    run.write_text(f"q1 Q0 a 1 0.9 toy\n{line}\n")
    with pytest.raises(PolyvoxError, match=reason):
        read_run(run)


def test_empty_judgements_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty.qrels").write_text("\n")
    with pytest.raises(PolyvoxError, match="is empty; it needs lines of `query 0 document grade`"):
        read_qrels(tmp_path / "empty.qrels")
