"""The numbers of a report, worked out by hand."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pyarrow.parquet as pq
import pytest
from tests.evaluate.report.made_up import MadeUp

from polyvox.errors import PolyvoxError
from polyvox.evaluate.folder import SUMMARY_FILE, summary_table, write_evaluation
from polyvox.evaluate.report import compute_report, read_systems, scores
from polyvox.evaluate.report.extremes import best_and_worst
from polyvox.evaluate.report.results import Report

pytest.importorskip("scipy", reason="needs the extra 'evaluate'")
WINS = {("ar", "en"): [1.0] * 12, ("sw", "en"): [1.0] * 12}
LOSSES = {("ar", "en"): [0.0] * 12, ("sw", "en"): [1.0] * 10 + [0.0] * 2}


def report(*made_up: MadeUp, root: Path) -> Report:
    return compute_report(
        read_systems([one.write(root / str(place)) for place, one in enumerate(made_up)]), resamples=200
    )


def test_means_weigh_languages_alike(tmp_path: Path) -> None:
    to_english, from_english = report(MadeUp(), root=tmp_path).tests
    assert [(row.pair.query, row.figures[0] and row.figures[0].value) for row in to_english.rows] == [
        ("ar", 0.75),
        ("sw", 0.125),
    ]
    (mean,) = to_english.mean
    assert mean is not None
    assert mean.interval is not None
    assert mean.value == mean.interval.mean == (0.75 + 0.125) / 2
    assert mean.interval.low < mean.value < mean.interval.high
    assert (to_english.queries, from_english.queries) == (12, 4)


def test_luck_is_told_where_it_matters(tmp_path: Path) -> None:
    arabic, swahili = report(MadeUp(), root=tmp_path).tests[0].rows
    assert arabic.figures[0]
    assert swahili.figures[0]
    assert arabic.figures[0].optimistic is None
    assert swahili.figures[0].optimistic == 0.375


def test_a_metric_without_scores_a_query_has_a_mean_and_no_interval(tmp_path: Path) -> None:
    result = report(MadeUp(), root=tmp_path).tests[0]
    assert result.metric == "R@1"
    assert {row.metric: row.values for row in result.metrics} == {"R@1": (0.4375,), "xsim": (0.25,)}


@pytest.mark.parametrize(("task", "metric"), [("miracl", "nDCG@10"), ("words", "Hits@1"), ("tatoeba", "R@1")])
def test_a_test_is_told_by_the_primary_metric_of_its_task(task: str, metric: str) -> None:
    test = scores.Test(task, "text→text", "text", "text")
    cells = [
        scores.Cell(test, scores.Pair("sw", "en"), 8, name)
        for name in ("mean rank", "R@1", "Hits@1", "nDCG@10")
    ]
    system = cast("scores.SystemScores", SimpleNamespace(cells=lambda _: cells))
    assert scores.primary_metric([system], test) == metric


def test_shorter_widths_are_compared_with_the_full_one(tmp_path: Path) -> None:
    scores = {("ar", "en"): [1.0] * 20}
    full, short = report(MadeUp(scores=scores), root=tmp_path).tests[0].dimensions
    assert (full.dimension, full.bytes, full.figure.value, full.figure.verdict) == (8, 32, 1.0, None)
    assert (short.dimension, short.bytes, short.figure.value) == (4, 16, 0.0)
    assert short.figure.verdict is not None
    assert short.figure.verdict.wins == -1
    assert short.figure.verdict.randomisation == pytest.approx(2 * 0.5**20)
    assert full.encode_ms == 1.0
    assert full.scan_ms > 0


def test_others_are_compared_with_the_first_query_by_query(tmp_path: Path) -> None:
    other = MadeUp(name="theirs", fingerprint="f" * 16, scores=LOSSES)
    found = report(MadeUp(scores=WINS), other, root=tmp_path)
    assert found.families == {"tests": 1, "languages": 2, "dimensions": 2}
    arabic, swahili = found.tests[0].rows
    assert arabic.figures[0]
    assert arabic.figures[0].verdict is None
    verdicts = [row.figures[1].verdict if row.figures[1] else None for row in (arabic, swahili)]
    assert verdicts[0] is not None
    assert verdicts[1] is not None
    # Twelve of twelve lost: p = 2 / 2^12, twice that by Holm. Two of two: p = 0.5, left as it is.
    assert verdicts[0].wins == -1
    assert verdicts[0].randomisation == pytest.approx(2 * 2 / 2**12)
    assert verdicts[1].wins == 0
    assert verdicts[1].randomisation == pytest.approx(0.5)
    mean = found.tests[0].mean[1]
    assert mean is not None
    assert mean.verdict is not None
    assert mean.verdict.wins == -1


def test_the_mean_is_over_languages_that_all_were_measured_in(tmp_path: Path) -> None:
    fewer = MadeUp(name="theirs", fingerprint="f" * 16, scores={("ar", "en"): [1, 0, 1, 0]})
    result = report(MadeUp(), fewer, root=tmp_path).tests[0]
    assert [mean and mean.value for mean in result.mean] == [0.75, 0.5]
    assert [row.figures[1] is None for row in result.rows] == [False, True]
    assert result.pairs_words == "1 of 2"
    full = [(row.system, row.figure.value) for row in result.dimensions if row.dimension == 8]
    assert full == [(0, 0.75), (1, 0.5)], "the widths are compared on the same pairs"


def test_the_best_and_the_worst(tmp_path: Path) -> None:
    tags = ["de", "fr", "it", "pt", "ru"]
    scores = {(tag, "en"): [1.0] * place + [0.0] * (6 - place) for place, tag in enumerate(tags)}
    result = report(MadeUp(scores=scores), root=tmp_path).tests[0]
    best, worst = best_and_worst(result, count=2)
    assert [row.pair.query for row in best] == ["ru", "pt"]
    assert [row.pair.query for row in worst] == ["de", "fr"]
    best, worst = best_and_worst(result, count=3)
    assert (len(best), len(worst)) == (5, 0)


def test_a_summary_that_its_scores_deny_is_refused(tmp_path: Path) -> None:
    made_up = MadeUp()
    folder = write_evaluation(tmp_path, made_up.evaluation())
    denied = made_up.evaluation().summary.to_pylist()
    denied[0]["value"] = 0.9
    pq.write_table(summary_table(denied), folder / SUMMARY_FILE)
    with pytest.raises(PolyvoxError, match=r"words, ar → en, R@1: .* mean 0\.7500, the summary says 0\.9000"):
        compute_report(read_systems([folder]))
