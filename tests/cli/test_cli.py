"""The command line as a user meets it: what it prints, what it refuses, how it exits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from polyvox.cli import VERBS, main
from polyvox.cli.exits import Exit

QUERIES = Path(str(files("polyvox"))) / "samples" / "queries"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    (folder / "en.txt").write_text(
        "The fishermen sell fish at the harbour.\n\nThe bees gave honey.\n", encoding="utf-8"
    )
    (folder / "rows.csv").write_text(
        "text,station\nMvua kubwa itakuja kesho,Radio Mwanza\n", encoding="utf-8"
    )
    return folder


@pytest.fixture(scope="module")
def target(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("made") / "an.index"
    assert main(["index", str(folder), "--into", str(target)]) == Exit.DONE
    return target


def out_json(capsys: pytest.CaptureFixture[str]) -> object:
    return json.loads(capsys.readouterr().out)


def test_finds_by_typing(target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "fish", "--in", str(target), "--limit", "1"]) == Exit.DONE
    out = capsys.readouterr().out
    assert "en.txt" in out
    assert "sell fish" in out


def test_finds_by_voice(target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "--voice", str(QUERIES / "en.ogg"), "--in", str(target), "--json"]) == Exit.DONE
    hits = out_json(capsys)
    assert isinstance(hits, list)
    assert len(hits) == 3
    assert all(set(hit["sources"]) == {"dense"} for hit in hits)
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)


def test_the_language_of_a_spoken_question_changes_its_scores(
    target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = ["search", "--voice", str(QUERIES / "en.ogg"), "--in", str(target), "--json"]
    scores = []
    for told in ([], ["--spoken", "eng"], ["--spoken", "sw,es"]):
        assert main([*ask, *told]) == Exit.DONE
        hits = out_json(capsys)
        assert isinstance(hits, list)
        assert len(hits) == 3, "hits may be in any language"
        scores.append({hit["id"]: hit["score"] for hit in hits})
    assert scores[0] != scores[1] != scores[2]
    assert main([*ask, "--spoken", "th"]) == Exit.DONE
    assert {hit["id"]: hit["score"] for hit in json.loads(capsys.readouterr().out)} == scores[0]


def test_filters_narrow_the_search(target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "rain", "--in", str(target), "--where", "station=Radio Mwanza", "--json"]) == 0
    hits = out_json(capsys)
    assert isinstance(hits, list)
    assert [hit["metadata"] for hit in hits] == [{"station": "Radio Mwanza"}]


def test_info_counts_items(target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(target), "--json"]) == Exit.DONE
    info = out_json(capsys)
    assert isinstance(info, dict)
    assert info["items"] == 3
    assert main(["info", str(target)]) == Exit.DONE
    assert "items" in capsys.readouterr().out


def test_a_bad_file_is_named_and_the_exit_code_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "good.txt").write_text("a good text\n", encoding="utf-8")
    (tmp_path / "docs" / "empty.pdf").touch()
    code = main(["index", str(tmp_path / "docs"), "--into", str(tmp_path / "i"), "--json"])
    captured = capsys.readouterr()
    assert code == Exit.SKIPPED_SOME
    assert "empty.pdf" in captured.err
    report = json.loads(captured.out)
    assert report["items_added"] == 1
    assert [Path(problem["path"]).name for problem in report["problems"]] == ["empty.pdf"]


def test_delete_and_compact(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text("one\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("two\n", encoding="utf-8")
    target = str(tmp_path / "i")
    assert main(["index", str(tmp_path / "a.txt"), str(tmp_path / "b.txt"), "--into", target]) == Exit.DONE
    capsys.readouterr()
    assert main(["delete", target, "--path", str(tmp_path / "a.txt"), "--json"]) == Exit.DONE
    assert out_json(capsys) == {"deleted": 1}
    assert main(["compact", target]) == Exit.DONE
    capsys.readouterr()
    assert main(["info", target, "--json"]) == Exit.DONE
    info = out_json(capsys)
    assert isinstance(info, dict)
    assert info["items"] == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["search", "x", "--in", "nowhere.index"], "nowhere.index"),
        (["info", "nowhere.index"], "nowhere.index"),
        (["search", "--voice", "missing.wav", "--in", "nowhere.index"], "missing.wav"),
    ],
)
def test_failures_name_the_thing_and_exit_3(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == Exit.FAILED
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "x"],
        ["search", "x", "--in", "i", "--limit", "0"],
        ["search", "x", "--in", "i", "--language", "klingon!"],
        ["search", "x", "--in", "i", "--where", "novalue"],
        ["search", "x", "--in", "i", "--modality", "video"],
        ["index", "x", "--into", "i", "--encoding", "klingon"],
        ["fly"],
    ],
)
def test_wrong_usage_exits_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == Exit.USAGE
    assert capsys.readouterr().err


def test_every_verb_has_a_help_that_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in VERBS:
        with pytest.raises(SystemExit) as left:
            main([verb.__name__.rpartition(".")[2], "--help"])
        assert left.value.code == Exit.DONE
        assert len(capsys.readouterr().out) > 200


def test_text_on_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import io

    class Stdin:
        buffer = io.BytesIO(b"A line about bees.\n")

    monkeypatch.setattr("sys.stdin", Stdin())
    target = str(tmp_path / "i")
    assert main(["index", "-", "--into", target]) == Exit.DONE
    capsys.readouterr()
    assert main(["search", "bees", "--in", target, "--json"]) == Exit.DONE
    hits = out_json(capsys)
    assert isinstance(hits, list)
    assert hits[0]["text"] == "A line about bees."


def test_the_demo_answers_every_question(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--into", str(tmp_path / "demo"), "--limit", "2", "--json"]) == Exit.DONE
    rows = out_json(capsys)
    assert isinstance(rows, list)
    assert {row["by"] for row in rows} == {"typing", "voice"}
    assert len(rows) == 6 * 2 + 4 * 2 * 2, "two texts and two recordings for a voice"
    assert any(row["start"] is not None and row["path"].endswith("morning-programme.ogg") for row in rows)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["search", "--in", "nowhere.index"], "--voice"),
        (["search", " ", "--in", "nowhere.index"], "empty"),
        (["search", "x", "--voice", "y.wav", "--in", "nowhere.index"], "one question"),
        (["search", "x", "--spoken", "sw", "--in", "nowhere.index"], "--spoken"),
        (["search", "--voice", "y.wav", "--mode", "lexical", "--in", "nowhere.index"], "lexical"),
        (["delete", "nowhere.index"], "--path"),
    ],
)
def test_arguments_that_do_not_go_together_exit_2(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == Exit.USAGE
    assert told in capsys.readouterr().err


def test_an_index_that_cannot_be_made_is_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_text("one\n", encoding="utf-8")
    into = tmp_path / "a.txt" / "index"
    assert main(["index", str(tmp_path / "a.txt"), "--into", str(into)]) == Exit.FAILED
    assert "a.txt" in capsys.readouterr().err


def test_paths_are_taken_from_the_working_folder_and_patterns_from_any(
    folder: Path, target: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    for path, items in (("en.txt", 2), (".", 3), ("rows.*", 1), (f"{folder.name}/**", 3), ("docs.txt", 0)):
        assert main(["search", "rain", "--in", str(target), "--path", path, "--json"]) == Exit.DONE
        hits = out_json(capsys)
        assert isinstance(hits, list)
        assert len(hits) == items, path


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_json_names_a_file_that_is_not_unicode(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    try:
        Path(os.fsdecode(os.fsencode(docs) + b"/caf\xe9.zzz")).touch()
    except OSError:
        pytest.skip("this file system refuses such names")
    command = [sys.executable, "-m", "polyvox", "index", str(docs), "--into", str(tmp_path / "i"), "--json"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == Exit.DONE
    (ignored,) = json.loads(done.stdout)["ignored"]
    assert ignored["path"].endswith(".zzz")


def test_a_reader_that_leaves_is_no_failure(target: Path) -> None:
    command = [sys.executable, "-m", "polyvox", "search", "fish", "--in", str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == Exit.DONE


def test_a_path_below_the_working_folder_is_shown_from_there(
    target: Path, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert main(["search", "fish", "--in", str(target), "--limit", "1"]) == Exit.DONE
    assert capsys.readouterr().out.startswith("  1. en.txt ")
