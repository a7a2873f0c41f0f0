import json
from pathlib import Path

import pytest

from polyvox.cli import main
from polyvox.cli.evaluate import EPILOG
from polyvox.evaluate.folder import read_evaluations

ROWS = [{"en": "rain", "sw": "mvua"}, {"en": "sun", "sw": "jua"}, {"en": "fire", "sw": "moto"}]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    import lzma

    (tmp_path / "text").mkdir()
    with lzma.open(tmp_path / "text" / "test-lexicon.jsonl.xz", "wt", encoding="utf-8") as file:
        file.write("".join(json.dumps(row) + "\n" for row in ROWS))
    return tmp_path


def evaluate(data: Path, *more: str) -> int:
    return main(["evaluate", "default", "--data", str(data), "--out", str(data / "out"), *more])


def test_a_model_on_a_task_prints_one_table_and_keeps_the_folder(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(data, "--tasks", "lexicon", "--dimensions", "256,64") == 0
    printed = capsys.readouterr().out
    assert "text→text, to English" in printed
    assert "P@1" in printed
    [system] = read_evaluations(data / "out")
    assert {row["dimension"] for row in system.summary.to_pylist()} == {256, 64}


def test_json_for_programs(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(data, "--tasks", "lexicon", "--languages", "sw", "--limit", "2", "--json") == 0
    lines = json.loads(capsys.readouterr().out)
    assert [line["queries"] for line in lines] == [2, 2]
    assert lines[0]["smallest_pool"] == 3


def test_missing_data_is_reported_and_the_exit_code_says_so(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(data, "--tasks", "lexicon,mkqa") == 1
    assert "Get it from https://github.com/apple/ml-mkqa" in capsys.readouterr().err


def test_an_unknown_task_names_those_near_it(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(data, "--tasks", "tatoba") == 3
    assert "there is no task 'tatoba'; near it: tatoeba" in capsys.readouterr().err


def test_tasks_are_listed_with_their_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--list-tasks"]) == 0
    printed = capsys.readouterr().out
    assert "miracl" in printed
    assert "CC BY 2.0 FR" in printed


def test_a_run_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, qrels = tmp_path / "bm25.trec", tmp_path / "dev.qrels"
    run.write_text("q1 Q0 a 1 0.9 x\n")
    qrels.write_text("q1 0 a 1\n")
    arguments = ["evaluate", "--run", str(run), "--qrels", str(qrels), "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    assert "bm25.trec" in capsys.readouterr().out


def test_the_report_that_the_examples_show_can_be_made(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [shown] = [line.partition("  ")[0] for line in EPILOG.split("\n  ") if line.startswith("polyvox report")]
    monkeypatch.chdir(data)
    assert main(["evaluate", "default", "--tasks", "lexicon", "--data", ".", "--out", "results"]) == 0
    assert main([*shown.split()[1:], "--resamples", "10"]) == 0
    assert (data / "report.html").is_file()


@pytest.mark.parametrize("words", [["evaluate", "default", "--seed"], ["report", ".", "--audio-megabytes"]])
def test_a_number_below_zero_is_a_usage_error(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*words, "-1"])
    assert stopped.value.code == 2
    assert "'-1' is not a whole number of 0 or more" in capsys.readouterr().err


def test_too_little_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "default"]) == 2
    assert "--tasks and --out" in capsys.readouterr().err
